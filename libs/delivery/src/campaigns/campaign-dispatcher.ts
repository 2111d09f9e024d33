import { Config } from '@app/core';
import { Injectable } from '@nestjs/common';
import { CampaignBacklog } from '../chunks/campaign-backlog';
import type { BacklogRef } from '../chunks/lane-wakeups';
import { LaneFollower } from '../sending/lane-follower';
import { CampaignSender } from './campaign-sender';

/** The lanes that may use all of their places at once; with more of them each has fewer, but one in any case. */
const lanesAtFull = 4;

/** Follows the wake-ups for campaigns: each lane has places of its own in this process, a chunk takes one. */
@Injectable()
export class CampaignDispatcher {
  private readonly follower: LaneFollower;

  constructor(
    { workerConcurrency }: Config,
    private readonly backlog: CampaignBacklog,
    sender: CampaignSender,
  ) {
    this.follower = new LaneFollower({
      takenAtOnce: 1,
      shareOf: (lanes) => {
        const share = Math.floor((workerConcurrency * lanesAtFull) / lanes);
        return Math.max(1, Math.min(workerConcurrency, share));
      },
      take: async (lane, atMost) => {
        const chunks = await backlog.claim(lane, atMost);
        const send = async () => {
          await Promise.all(chunks.map((chunk) => sender.send(chunk)));
        };
        return { count: chunks.length, send };
      },
    });
  }

  /** Takes what is due of a lane, as much as has room, and wakes another worker for the rest. */
  async dispatch(lane: BacklogRef): Promise<void> {
    if (await this.follower.follow(lane)) await this.backlog.wake([lane]);
  }

  /** Takes what is due of all lanes, whether or not somebody was woken for it. */
  async dispatchDue(): Promise<void> {
    const lanes = await this.backlog.dueLanes();
    await Promise.all(lanes.map((lane) => this.follower.follow(lane)));
  }

  /** Takes nothing more, and resolves when what is under way is stored or given back. */
  async stop(): Promise<void> {
    await this.follower.stop();
  }
}
