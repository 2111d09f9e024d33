import { Sketch } from './sketch';

/** The kind of a gateway's answer, as far as doubt goes. */
export type AnswerKind = 'accepted' | 'doubtful' | 'dead';

interface Answer {
  readonly kind: AnswerKind;
  readonly deviceId: string;
  /** The moment on the scale of `performance.now()`. */
  readonly at: number;
}

/** The answers counted since the last look. */
export interface Counted {
  readonly accepted: number;
  readonly acceptedDevices: Sketch;
  readonly doubtful: number;
  readonly doubtfulUsers: Sketch;
  readonly dead: number;
}

/** The length of a run: the latest answers, however busy the lane was before. */
const runLength = 40;

/** The age, in minutes, at which answers are no part of a run. */
export const windowMinutes = 10;

/** Tallies the answers to one lane in this process. */
export class LaneTally {
  private counted = nothing();
  private readonly run: Answer[] = [];

  constructor(
    readonly realm: string,
    private readonly onCount: () => void,
  ) {}

  note(deviceId: string, kind: AnswerKind): void {
    this.counted[kind]++;
    if (kind === 'accepted') this.counted.acceptedDevices.mark(deviceId);
    if (this.run.push({ kind, deviceId, at: performance.now() }) > runLength) this.run.shift();
    this.onCount();
  }

  /** Notes the users who got the doubtful answers. */
  markUsers(users: Iterable<string>): void {
    for (const user of users) this.counted.doubtfulUsers.mark(user);
  }

  /** Returns the devices of the latest answers if most of these are of this kind; else none. */
  runOf(kind: AnswerKind): readonly string[] {
    const since = performance.now() - windowMinutes * 60_000;
    const latest = this.run.filter(({ at }) => at > since);
    const such = latest.filter((answer) => answer.kind === kind);
    return such.length > latest.length / 2 ? such.map(({ deviceId }) => deviceId) : [];
  }

  /** Ends the run after a verdict: it counts for no other. */
  endRun(): void {
    this.run.length = 0;
  }

  take(): Counted | undefined {
    const { counted } = this;
    if (counted.accepted + counted.doubtful + counted.dead === 0) return undefined;
    this.counted = nothing();
    return counted;
  }
}

function nothing() {
  return {
    accepted: 0,
    acceptedDevices: new Sketch(),
    doubtful: 0,
    doubtfulUsers: new Sketch(),
    dead: 0,
  };
}
