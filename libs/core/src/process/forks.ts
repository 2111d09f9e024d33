import { type ChildProcess, fork } from 'node:child_process';
import { type App, runProcess } from './process';

/** What a child tells its parent once it works. */
const works = 'works';

/** How long a child may take to end, and when it is killed. Its parent is to be done before `runProcess` loses patience. */
const closeWithinMs = 22_000;
const defaultKillAfterMs = 24_000;

/** How long a place stays empty after the death of a child, and at most after many in short order. */
const defaultPauseMs = 500;
const longestPauseMs = 30_000;

/** How long a child has to have lived for its death not to count with the ones before. */
const steadyMs = 60_000;

export interface ForksOptions {
  /** The file of the program, which calls `runFork`. */
  readonly file: string;
  readonly count: number;
  /** Takes a line for each death that nobody wanted. */
  readonly warn: (line: string) => void;
  /** Replaces the default of half a second. */
  readonly pauseMs?: number;
  /** Replaces the default of 24 seconds. */
  readonly killAfterMs?: number;
}

/** Has one child after the other. */
interface Place {
  readonly number: number;
  child?: ChildProcess | undefined;
  /** Whether the child works; before, it starts. */
  works: boolean;
  startedAtMs: number;
  /** How many children have died in short order. */
  deaths: number;
  pause?: NodeJS.Timeout | undefined;
}

/**
 * Keeps several processes of a program running, and starts again what dies, after a pause that doubles with each death.
 * While none works, one is started at a time: so what keeps all of them from starting is said once, by that one, whose
 * exit code becomes ours. None outlives us, see `runFork`.
 */
export class Forks implements App {
  private readonly places: readonly Place[];
  private onceEmpty: (() => void) | undefined;
  private disorder = false;

  constructor(private readonly options: ForksOptions) {
    this.places = Array.from({ length: options.count }, (_, index) => ({
      number: index + 1,
      works: false,
      startedAtMs: 0,
      deaths: 0,
    }));
    this.fill();
  }

  /** Ends all of them. @throws when one that worked failed to end in order, or had to be killed */
  async close(): Promise<void> {
    const empty = new Promise<void>((resolve) => (this.onceEmpty = resolve));
    for (const { pause, child } of this.places) {
      clearTimeout(pause);
      child?.kill();
    }
    const patience = setTimeout(() => {
      for (const { child } of this.places) child?.kill('SIGKILL');
    }, this.options.killAfterMs ?? defaultKillAfterMs);
    if (this.isEmpty) this.onceEmpty?.();
    await empty;
    clearTimeout(patience);
    if (this.disorder) throw new Error('Not every process has ended in order');
  }

  private get isEmpty(): boolean {
    return this.places.every(({ child }) => child === undefined);
  }

  /** Starts the children that are missing, the first one alone. */
  private fill(): void {
    const vacant = this.places.filter(
      ({ child, pause }) => child === undefined && pause === undefined,
    );
    const isAnyAtWork = this.places.some((place) => place.works);
    const next = isAnyAtWork ? vacant : this.isEmpty ? vacant.slice(0, 1) : [];
    for (const place of next) this.start(place);
  }

  private start(place: Place): void {
    const child = fork(this.options.file, [String(place.number)]);
    place.child = child;
    place.startedAtMs = performance.now();
    child.once('message', () => {
      place.works = true;
      if (this.onceEmpty === undefined) this.fill();
    });
    child.once('exit', (code, signal) => {
      this.ended(place, code ?? signal ?? 1);
    });
    child.on('error', (error) => {
      // What did not even start has no exit.
      if (child.pid === undefined) this.ended(place, error.message);
    });
  }

  /** @param how the exit code, or else what ended it: a signal, or an error of the system */
  private ended(place: Place, how: number | string): void {
    const { number, child, startedAtMs, works: hasWorked } = place;
    place.child = undefined;
    place.works = false;
    if (this.onceEmpty !== undefined) {
      this.disorder ||= hasWorked && how !== 0;
      if (this.isEmpty) this.onceEmpty();
      return;
    }
    const livedMs = performance.now() - startedAtMs;
    const code = typeof how === 'number' ? `code ${how}` : how;
    const death = `Process ${number} (pid ${child?.pid ?? 'none'}) ended with ${code} after ${inSeconds(livedMs)}`;
    if (!hasWorked && this.isEmpty) {
      // One that ended itself has said why.
      if (typeof how === 'string') this.options.warn(`${death}, before it worked`);
      process.exit(typeof how === 'string' ? 1 : how);
    }
    place.deaths = livedMs < steadyMs ? place.deaths + 1 : 1;
    const { pauseMs = defaultPauseMs } = this.options;
    const waitMs = Math.min(pauseMs * 2 ** (place.deaths - 1), longestPauseMs);
    this.options.warn(`${death}; it is started again in ${inSeconds(waitMs)}`);
    place.pause = setTimeout(() => {
      place.pause = undefined;
      this.fill();
    }, waitMs);
  }
}

const inSeconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;

/**
 * Works as `runProcess`, in a process that `Forks` has started. It ends with its parent, however that ends.
 * @param start gets the number of this process, from 1 on
 */
export function runFork(start: (number: number) => Promise<App>): Promise<void> {
  const end = () => process.emit('SIGTERM', 'SIGTERM');
  process.once('disconnect', end);
  const running = runProcess(async () => {
    const app = await start(Number(process.argv[2]));
    process.send?.(works);
    return app;
  }, closeWithinMs);
  if (!process.connected) end();
  return running;
}
