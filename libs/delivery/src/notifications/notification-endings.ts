import { Injectable, Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Chunks, type Rest } from '../chunks/chunks';
import { type ClaimedChunk, Claims } from '../chunks/claims';
import { Faults } from '../chunks/faults';
import { Messages } from '../messages/messages';
import { keptUntilStored } from '../sending/kept-until-stored';
import { Stopping } from '../sending/stopping';

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
    private readonly stopping: Stopping,
  ) {}

  /** Forgets the claim on a chunk that its last result finished. */
  async finished(chunk: ClaimedChunk): Promise<void> {
    if (!chunk.faulted) this.claims.forget(chunk);
    else await this.carefully([chunk], 'fault not forgotten', () => this.faults.passed(chunk));
  }

  /** Gives chunks of one lane back, which a pass is done with. */
  async giveBack(chunks: readonly ClaimedChunk[], rest: Rest): Promise<void> {
    await this.carefully(chunks, 'notifications not given back', async () => {
      const finished = await this.chunks.releaseAll(chunks, rest);
      for (const chunk of chunks) if (chunk.faulted) await this.faults.passed(chunk);
      for (const { messageId } of finished) {
        await this.messages.completeIfDone(this.dataSource.manager, messageId);
      }
    });
  }

  /**
   * Notes that the pass over chunks failed by a fault of ours.
   * @param isInDoubt whether what is pending may have been sent
   */
  async failed(chunks: readonly ClaimedChunk[], cause: unknown, isInDoubt: boolean): Promise<void> {
    // One by one: a database that is away is asked once, and not by all of them.
    for (const chunk of chunks) {
      await this.carefully([chunk], 'fault not noted', () =>
        this.faults.ofPass(chunk, cause, isInDoubt),
      );
    }
  }

  private async carefully(
    chunks: readonly ClaimedChunk[],
    what: string,
    work: () => Promise<void>,
  ): Promise<void> {
    const { stopping } = this;
    const isWorthwhile = () => chunks.some((chunk) => this.claims.isHeld(chunk));
    try {
      await keptUntilStored(work, { stopping, isWorthwhile });
    } catch (error) {
      this.logger.warn(`Left to the reconciler: ${what}: ${String(error)}`);
    } finally {
      for (const chunk of chunks) this.claims.forget(chunk);
    }
  }
}
