import { Injectable } from '@nestjs/common';
import { Backlog } from '../chunks/backlog';
import type { BacklogRef } from '../chunks/lane-wakeups';
import { LaneFollower } from '../sending/lane-follower';
import { NotificationSender } from './notification-sender';

/** The most notifications that one statement claims. */
const claimedAtOnce = 500;

/** The notifications of one lane under way in this process, at which it claims no more of them. */
const mostUnderWay = 2_000;

/** Follows the wake-ups for notifications. */
@Injectable()
export class BacklogDispatcher {
  private readonly follower: LaneFollower;

  constructor(backlog: Backlog, sender: NotificationSender) {
    this.follower = new LaneFollower({
      takenAtOnce: claimedAtOnce,
      shareOf: () => mostUnderWay,
      take: async (lane, atMost) => {
        const way = sender.way(lane);
        way.catch(() => undefined); // Reported by the pass, if there is one.
        const claimed = await backlog.claim(lane, atMost);
        return { count: claimed.length, send: () => sender.send(lane, claimed, way) };
      },
    });
  }

  /**
   * Resolves when all that is due now is claimed, by this process or another. When this one has enough of the lane
   * under way, it looks again as soon as it has room.
   */
  async dispatch(lane: BacklogRef): Promise<void> {
    await this.follower.follow(lane);
  }

  /** Takes no further notifications, and resolves when those under way are stored or given back. */
  async stop(): Promise<void> {
    await this.follower.stop();
  }
}
