import { type BacklogRef, laneName } from '../chunks/lane-wakeups';

/** What one claim took. */
interface Taken {
  readonly count: number;
  /** Sends it, and resolves when it is stored or given back. It never rejects. */
  send(): Promise<void>;
}

/** What a process does for the lanes of one priority. */
export interface LaneWork {
  /** The most that one claim takes. */
  readonly takenAtOnce: number;
  /** Returns how much a lane may have under way in this process while so many lanes have some. */
  shareOf(lanes: number): number;
  /** Takes what is due; fewer than `atMost` when there is no more. */
  take(lane: BacklogRef, atMost: number): Promise<Taken>;
}

interface Lane {
  /** Whether there may be more than the last claim saw. */
  again: boolean;
  underWay: number;
  looking: Promise<boolean> | undefined;
}

/**
 * Follows the wake-ups for lanes: claims what is due, and sends it without waiting for what is under way. What comes
 * while a claim is under way goes together with the next. A lane that is slow, silent or huge keeps no other waiting.
 */
export class LaneFollower {
  /** The lanes with something under way. */
  private readonly lanes = new Map<string, Lane>();
  private readonly passes = new Set<Promise<void>>();
  private isStopping = false;

  constructor(private readonly work: LaneWork) {}

  /**
   * Resolves when all that is due now is claimed, by this process or another. When this one has enough of the lane under
   * way, it looks again as soon as it has room.
   * @returns whether it took something, and leaves something to others
   */
  async follow(ref: BacklogRef): Promise<boolean> {
    const key = laneName(ref);
    const lane = this.lanes.get(key) ?? { again: false, underWay: 0, looking: undefined };
    this.lanes.set(key, lane);
    lane.again = true;
    if (lane.looking !== undefined) return lane.looking;
    if (this.roomOf(lane) <= 0) return false;
    return (lane.looking = this.look(ref, lane));
  }

  /** Takes no more, and resolves when what is under way is stored or given back. */
  async stop(): Promise<void> {
    this.isStopping = true;
    // What is being claimed at the moment is given back as well.
    await Promise.allSettled([...this.lanes.values()].flatMap(({ looking }) => looking ?? []));
    while (this.passes.size > 0) await Promise.all(this.passes);
  }

  private async look(ref: BacklogRef, lane: Lane): Promise<boolean> {
    let tookSome = false;
    try {
      for (let room = this.roomOf(lane); lane.again && room > 0; room = this.roomOf(lane)) {
        lane.again = false;
        const taken = await this.work.take(ref, room);
        lane.again ||= taken.count === room;
        if (taken.count === 0) continue;
        tookSome = true;
        this.start(ref, lane, taken);
      }
      return tookSome && lane.again;
    } finally {
      lane.looking = undefined;
      this.forgetIdle(ref, lane);
    }
  }

  private roomOf({ underWay }: Lane): number {
    if (this.isStopping) return 0;
    return Math.min(this.work.takenAtOnce, this.work.shareOf(this.lanes.size) - underWay);
  }

  private start(ref: BacklogRef, lane: Lane, taken: Taken): void {
    const { count } = taken;
    lane.underWay += count;
    const pass = taken.send().then(() => {
      this.passes.delete(pass);
      lane.underWay -= count;
      // Should it fail, the lane is followed again within a second, as all that are due.
      if (lane.again) this.follow(ref).catch(() => undefined);
      else this.forgetIdle(ref, lane);
    });
    this.passes.add(pass);
  }

  private forgetIdle(ref: BacklogRef, { underWay, looking }: Lane): void {
    if (underWay === 0 && looking === undefined) this.lanes.delete(laneName(ref));
  }
}
