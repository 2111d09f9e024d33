import { type JobQueue, Queues } from '@app/core';
import { CampaignBacklog, Faults, Message, Messages, Planner } from '@app/delivery';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { campaignAudience } from './audience.query';
import { Campaign } from './campaign.entity';

export interface PlanningJob {
  readonly messageId: string;
}

/** The queue whose jobs freeze a launched campaign's audience. */
export const planningQueue: JobQueue<PlanningJob> = { name: 'planning' };

/** How long a plan may take while another is under way: a huge one is given up then, and waits for that other one. */
const quickMs = 1_000;

/** PostgreSQL's code for a statement that took longer than it may. */
const tookTooLong = '57014';

/**
 * Plans launched campaigns in the workers. A process has one plan under way that takes as long as it needs, for planning
 * keeps PostgreSQL busy; small ones do not wait for it.
 */
@Injectable()
export class CampaignPlanning {
  /** Whether a plan is under way that may take long. */
  private isOccupied = false;
  /** The messages that were given up for it. */
  private readonly huge = new Set<string>();

  constructor(
    private readonly dataSource: DataSource,
    private readonly messages: Messages,
    private readonly planner: Planner,
    private readonly backlog: CampaignBacklog,
    private readonly queues: Queues,
    private readonly faults: Faults,
  ) {}

  /** Freezes a launched campaign's audience. A repeat, or a cancelled campaign, is no error and costs no work. */
  async plan({ messageId }: PlanningJob): Promise<void> {
    let planned: number | undefined;
    try {
      planned = await this.freezeInTurn(messageId);
    } catch (error) {
      await this.faults.ofPlanning(messageId, error);
      return;
    }
    if (planned === undefined) return;
    await this.faults.planned(messageId);
    await this.backlog.wakeFor(messageId);
    await this.planner.learnGrowth(planned);
    await this.messages.completeIfDone(this.dataSource.manager, messageId);
  }

  /** @returns how many deliveries are new; undefined when it has to wait, and is woken again by the reconciler */
  private async freezeInTurn(messageId: string): Promise<number | undefined> {
    if (this.isOccupied) {
      return this.huge.has(messageId) ? undefined : this.freezeQuickly(messageId);
    }
    this.isOccupied = true;
    try {
      return await this.freeze(messageId);
    } finally {
      this.isOccupied = false;
      this.huge.clear();
    }
  }

  private async freezeQuickly(messageId: string): Promise<number | undefined> {
    try {
      return await this.freeze(messageId, quickMs);
    } catch (error) {
      if ((error as { code?: unknown }).code !== tookTooLong) throw error;
      this.huge.add(messageId);
      return undefined;
    }
  }

  /** @returns how many deliveries are new */
  private async freeze(messageId: string, atMostMs?: number): Promise<number> {
    return this.dataSource.transaction(async (manager) => {
      if (atMostMs !== undefined) await manager.query(`SET LOCAL statement_timeout = ${atMostMs}`);
      const message = await manager.findOne(Message, {
        where: { id: messageId, state: 'planning' },
        lock: { mode: 'pessimistic_write', onLocked: 'skip_locked' },
      });
      if (message === null) return 0;
      const { id } = await manager.findOneByOrFail(Campaign, { messageId });
      return this.planner.plan(manager, message, campaignAudience(id, message.applicationId));
    });
  }

  /** Wakes a planner for launched campaigns. */
  async wake(messageIds: readonly string[]): Promise<void> {
    const jobs = messageIds.map((messageId) => ({ id: `plan-${messageId}`, data: { messageId } }));
    await this.queues.wake(planningQueue, jobs);
  }

  /** Wakes a planner for every launched campaign that has no plan yet; for a failing one only after a while. */
  async wakeAll(): Promise<void> {
    const waiting = await this.dataSource.manager.find(Message, {
      select: { id: true },
      where: { state: 'planning', priority: 'campaign' },
    });
    const ids = waiting.map(({ id }) => id);
    const failing = await this.faults.waiting(ids);
    await this.wake(ids.filter((id) => !failing.has(id)));
  }
}
