import { CampaignPlanning, planningQueue } from '@app/campaigns';
import { Queues, type QueueWorker } from '@app/core';
import {
  BacklogDispatcher,
  backlogQueue,
  CampaignDispatcher,
  campaignQueue,
  Stopping,
} from '@app/delivery';
import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Duties } from './duties';

/** The wake-ups for notifications under way at once: each takes as long as a claim does. */
const backlogConcurrency = 32;

/** The wake-ups for campaigns under way at once. */
const campaignConcurrency = 8;

/** The plans under way at once: a large one, for planning keeps PostgreSQL busy, and beside it small ones. */
const planningConcurrency = 2;

/** Consumes the wake-ups of the queues that this process has a duty to. */
@Injectable()
export class QueueConsumers implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly workers: QueueWorker[] = [];

  constructor(
    private readonly duties: Duties,
    private readonly queues: Queues,
    private readonly backlog: BacklogDispatcher,
    private readonly campaigns: CampaignDispatcher,
    private readonly planning: CampaignPlanning,
    private readonly stopping: Stopping,
  ) {}

  onApplicationBootstrap(): void {
    const { queues, backlog, campaigns, planning, duties } = this;
    if (duties.urgent) {
      this.workers.push(
        queues.work(backlogQueue, backlogConcurrency, (lane) => backlog.dispatch(lane)),
        queues.work(planningQueue, planningConcurrency, (job) => planning.plan(job)),
      );
    }
    if (duties.campaigns) {
      this.workers.push(
        queues.work(campaignQueue, campaignConcurrency, (lane) => campaigns.dispatch(lane)),
      );
    }
  }

  async onModuleDestroy(): Promise<void> {
    this.stopping.begin();
    await Promise.all([
      this.backlog.stop(),
      this.campaigns.stop(),
      ...this.workers.map((worker) => worker.close()),
    ]);
  }
}
