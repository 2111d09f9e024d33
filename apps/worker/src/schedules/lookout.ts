import { every, RepeatedLog, type Schedule } from '@app/core';
import { CampaignDispatcher } from '@app/delivery';
import {
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';

const everyMs = 1_000;

/**
 * Looks for campaigns to send, for a wake-up reaches one process at most, or is lost: so each process that sends
 * campaigns takes part in those that are under way, the work of a dead one is taken up, and retries come back.
 */
@Injectable()
export class Lookout implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly log = new RepeatedLog(new Logger(Lookout.name));
  private schedule: Schedule | undefined;

  constructor(private readonly campaigns: CampaignDispatcher) {}

  onApplicationBootstrap(): void {
    const tasks = { campaigns: () => this.campaigns.dispatchDue() };
    this.schedule = every(everyMs, tasks, (_, error) => {
      this.log.warn(`No look for campaigns, next try in ${everyMs} ms: ${String(error)}`);
    });
  }

  async onModuleDestroy(): Promise<void> {
    await this.schedule?.stop();
  }
}
