import { AuditLinker } from '@app/audit';
import { CampaignPlanning } from '@app/campaigns';
import { every, RepeatedLog, type Schedule } from '@app/core';
import { Backlog, Lanes, Messages } from '@app/delivery';
import {
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';

const everyMs = 1_000;

/**
 * Makes the queue agree with the database, which is the truth: wakes what is due, ends what is over. Retries, the
 * work of a dead worker and the jobs of a flushed Redis all come back through here. Each worker runs one.
 */
@Injectable()
export class Reconciler implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly log = new RepeatedLog(new Logger(Reconciler.name));
  private schedule: Schedule | undefined;

  constructor(
    private readonly planning: CampaignPlanning,
    private readonly lanes: Lanes,
    private readonly backlog: Backlog,
    private readonly messages: Messages,
    private readonly audit: AuditLinker,
  ) {}

  onApplicationBootstrap(): void {
    const tasks = {
      'planning not woken': () => this.planning.wakeAll(),
      'breakers not closed': () => this.lanes.closeOutdated(),
      'notifications not woken': () => this.backlog.wakeDue(),
      'cancelled messages not ended': () => this.messages.endCancelled(),
      'messages not completed': () => this.messages.completeDone(),
      'audit events not linked': () => this.audit.link(),
    };
    this.schedule = every(everyMs, tasks, (failure, error) => {
      this.log.warn(`Not reconciled, next try in ${everyMs} ms: ${failure}: ${String(error)}`);
    });
  }

  async onModuleDestroy(): Promise<void> {
    await this.schedule?.stop();
  }
}
