import { CampaignPlanning } from '@app/campaigns';
import { RepeatedLog } from '@app/core';
import { Chunks, Lanes, Messages } from '@app/delivery';
import {
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';

const everyMs = 1_000;

/**
 * Makes the queue agree with the database, which is the truth: wakes what is due, ends what is over. Retries, the
 * work of a dead worker and the jobs of a flushed Redis all come back through here. Each worker process runs one.
 */
@Injectable()
export class Reconciler implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly log = new RepeatedLog(new Logger(Reconciler.name));
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();
  private stopped = false;

  constructor(
    private readonly planning: CampaignPlanning,
    private readonly lanes: Lanes,
    private readonly chunks: Chunks,
    private readonly messages: Messages,
  ) {}

  onApplicationBootstrap(): void {
    this.schedule();
  }

  async onModuleDestroy(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.running;
  }

  private schedule(): void {
    if (this.stopped) return;
    this.timer = setTimeout(() => {
      this.running = this.reconcile().finally(() => {
        this.schedule();
      });
    }, everyMs);
  }

  private async reconcile(): Promise<void> {
    await this.attempt('planning not woken', () => this.planning.wakeAll());
    await this.attempt('breakers not closed', () => this.lanes.closeOutdated());
    await this.attempt('chunks not woken', () => this.chunks.wakeDue());
    await this.attempt('cancelled messages not ended', () => this.messages.endCancelled());
    await this.attempt('messages not completed', () => this.messages.completeDone());
  }

  /** One that fails, and goes on failing, keeps none of the others from their work. */
  private async attempt(failure: string, work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.log.warn(`Not reconciled, next try in ${everyMs} ms: ${failure}: ${String(error)}`);
    }
  }
}
