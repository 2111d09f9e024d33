import { Injectable } from '@nestjs/common';
import { Backlog, type BacklogRef } from '../chunks/backlog';
import { NotificationSender } from './notification-sender';

/** The most notifications that one statement claims. */
const claimedAtOnce = 500;

/** The notifications of one lane under way in this process, at which it claims no more of them. */
const mostUnderWay = 2_000;

interface Lane {
  /** Whether there may be more than the last claim saw. */
  again: boolean;
  underWay: number;
  looking: Promise<void> | undefined;
}

/**
 * Follows the wake-ups for lanes: claims what is due, and sends it without waiting for what is under way. What comes
 * while a claim is under way goes together with the next. A lane that is slow, or silent, keeps no other waiting.
 */
@Injectable()
export class BacklogDispatcher {
  private readonly lanes = new Map<string, Lane>();
  private readonly passes = new Set<Promise<void>>();
  private isStopping = false;

  constructor(
    private readonly backlog: Backlog,
    private readonly sender: NotificationSender,
  ) {}

  /**
   * Resolves when all that is due now is claimed, by this process or another. When this one has enough of the lane
   * under way, it looks again as soon as it has room.
   */
  async dispatch(ref: BacklogRef): Promise<void> {
    const key = `${ref.applicationId}-${ref.gateway}`;
    const lane = this.lanes.get(key) ?? { again: false, underWay: 0, looking: undefined };
    this.lanes.set(key, lane);
    lane.again = true;
    await (lane.looking ??= this.look(ref, lane));
  }

  /** Takes no further notifications, and resolves when those under way are stored or given back. */
  async stop(): Promise<void> {
    this.isStopping = true;
    this.sender.stop();
    while (this.passes.size > 0) await Promise.all(this.passes);
  }

  private async look(ref: BacklogRef, lane: Lane): Promise<void> {
    try {
      while (lane.again && lane.underWay < mostUnderWay && !this.isStopping) {
        lane.again = false;
        const way = this.sender.way(ref);
        way.catch(() => undefined); // Reported by the pass, if there is one.
        const claimed = await this.backlog.claim(ref, claimedAtOnce);
        if (claimed.length === 0) continue;
        lane.again ||= claimed.length === claimedAtOnce;
        lane.underWay += claimed.length;
        const pass = this.sender.send(ref, claimed, way);
        this.passes.add(pass);
        void pass.then(() => {
          this.passes.delete(pass);
          lane.underWay -= claimed.length;
          // Should it fail, the reconciler wakes the lane again.
          if (lane.again) this.dispatch(ref).catch(() => undefined);
        });
      }
    } finally {
      lane.looking = undefined;
    }
  }
}
