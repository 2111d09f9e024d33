import { CampaignPlanning, planningQueue } from '@app/campaigns';
import { Config, Queues, type QueueWorker } from '@app/core';
import { chunkQueues, Dispatcher } from '@app/delivery';
import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Duties } from './duties';

/** The notifications under way at once: each is one small chunk that mostly waits for its gateway. */
const transactionalConcurrency = 32;

/** The plans under way at once: planning keeps PostgreSQL busy, not this process; one leaves it to the deliveries. */
const planningConcurrency = 1;

/** Consumes the wake-ups of the queues that this process has a duty to. */
@Injectable()
export class QueueConsumers implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly workers: QueueWorker[] = [];

  constructor(
    private readonly config: Config,
    private readonly duties: Duties,
    private readonly queues: Queues,
    private readonly dispatcher: Dispatcher,
    private readonly planning: CampaignPlanning,
  ) {}

  onApplicationBootstrap(): void {
    const { queues, dispatcher, planning, duties } = this;
    if (duties.urgent) {
      this.workers.push(
        queues.work(chunkQueues.transactional, transactionalConcurrency, (chunk) =>
          dispatcher.dispatch(chunk),
        ),
        queues.work(planningQueue, planningConcurrency, (job) => planning.plan(job)),
      );
    }
    if (duties.campaigns) {
      this.workers.push(
        queues.work(chunkQueues.campaign, this.config.workerConcurrency, (chunk) =>
          dispatcher.dispatch(chunk),
        ),
      );
    }
  }

  async onModuleDestroy(): Promise<void> {
    this.dispatcher.stop();
    await Promise.all(this.workers.map((worker) => worker.close()));
  }
}
