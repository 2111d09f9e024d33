import { Injectable, Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Chunks, type Rest } from '../chunks/chunks';
import { type ClaimedChunk, Claims } from '../chunks/claims';
import { Faults } from '../chunks/faults';
import { Messages } from '../messages/messages';

/**
 * Ends the work on chunks of notifications. Nothing here rejects: what can't be given back is another's once its claim
 * lapses, and the reconciler completes what is left.
 */
@Injectable()
export class NotificationEndings {
  private readonly logger = new Logger('Delivery');

  constructor(
    private readonly dataSource: DataSource,
    private readonly chunks: Chunks,
    private readonly claims: Claims,
    private readonly messages: Messages,
    private readonly faults: Faults,
  ) {}

  /** Forgets the claim on a chunk that its last result finished. */
  async finished(chunk: ClaimedChunk): Promise<void> {
    this.claims.forget(chunk);
    if (chunk.faulted) await this.carefully('fault not forgotten', () => this.faults.passed(chunk));
  }

  /** Gives chunks of one lane back, which a pass is done with. */
  async giveBack(chunks: readonly ClaimedChunk[], rest: Rest): Promise<void> {
    await this.carefully('notifications not given back', async () => {
      const finished = await this.chunks.releaseAll(chunks, rest);
      for (const chunk of chunks) if (chunk.faulted) await this.faults.passed(chunk);
      for (const { messageId } of finished) {
        await this.messages.completeIfDone(this.dataSource.manager, messageId);
      }
    });
  }

  /** Notes that the pass over a chunk failed by a fault of ours. @param isInDoubt whether what is pending may have been sent */
  async failed(chunk: ClaimedChunk, cause: unknown, isInDoubt: boolean): Promise<void> {
    this.claims.forget(chunk);
    await this.carefully('fault not noted', () => this.faults.ofPass(chunk, cause, isInDoubt));
  }

  private async carefully(what: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.logger.warn(`Left to the reconciler: ${what}: ${String(error)}`);
    }
  }
}
