import { type BeforeApplicationShutdown, Injectable, Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Messages } from '../messages/messages';

interface Run {
  /** Whether another pass ended meanwhile. */
  again: boolean;
  readonly done: Promise<void>;
}

/**
 * Completes a campaign after a pass that finished a chunk, if that was the last. Nobody waits for it, and of the many
 * passes that end at once one does it for all. If it fails, the reconciler does the same a second later.
 */
@Injectable()
export class FollowUp implements BeforeApplicationShutdown {
  private readonly logger = new Logger(FollowUp.name);
  private readonly runs = new Map<string, Run>();

  constructor(
    private readonly dataSource: DataSource,
    private readonly messages: Messages,
  ) {}

  start(messageId: string): void {
    const running = this.runs.get(messageId);
    if (running !== undefined) running.again = true;
    else this.runs.set(messageId, { again: false, done: this.run(messageId) });
  }

  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all([...this.runs.values()].map(({ done }) => done));
  }

  private async run(messageId: string): Promise<void> {
    try {
      do {
        // Deferred, so that start() has noted this run.
        await Promise.resolve();
        const run = this.runs.get(messageId);
        if (run !== undefined) run.again = false;
        await this.messages.completeIfDone(this.dataSource.manager, messageId);
      } while (this.runs.get(messageId)?.again === true);
    } catch (error) {
      this.logger.warn(`Message ${messageId} is left to the reconciler: ${String(error)}`);
    } finally {
      this.runs.delete(messageId);
    }
  }
}
