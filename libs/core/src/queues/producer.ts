import type { Queue } from 'bullmq';
import { DeadlineError, within } from '../time/deadline';
import type { RepeatedLog } from '../time/repeated-log';
import type { Opened } from './queue-backend';

/** How long whoever wakes a worker waits for a queue that is away. The reconciler wakes the worker then. */
const answerWithinMs = 2_000;

/** How often a queue is asked although it has not answered before. */
const askAgainMs = 5_000;

const closeWithinMs = 2_000;

/**
 * The sending end of a queue. A queue that is away costs its first user two seconds, and later ones nothing, until it
 * answers again: their requests would only pile up.
 */
export class Producer {
  private current: Opened<Queue> | undefined;
  private opening: Promise<Opened<Queue>> | undefined;
  private owed = 0;
  private askedAtMs = -Infinity;

  constructor(
    private readonly name: string,
    private readonly make: () => Opened<Queue>,
    private readonly log: RepeatedLog,
  ) {}

  /** @throws DeadlineError, or the queue's own error */
  async ask<Answer>(question: (queue: Queue) => Promise<Answer>): Promise<Answer> {
    const now = performance.now();
    if (this.owed > 0 && now - this.askedAtMs < askAgainMs) {
      throw new Error(`queue ${this.name} owes an answer`);
    }
    this.askedAtMs = now;
    const answer = this.open().then(({ part }) => question(part));
    try {
      return await within(answerWithinMs, `queue ${this.name}`, answer);
    } catch (error) {
      if (error instanceof DeadlineError) this.await(answer);
      throw error;
    }
  }

  async close(): Promise<void> {
    const { current } = this;
    if (current === undefined) return;
    await within(closeWithinMs, `queue ${this.name}`, current.close()).catch(() => undefined);
  }

  private await(answer: Promise<unknown>): void {
    this.owed++;
    const settled = (): void => {
      this.owed--;
    };
    answer.then(settled, settled);
  }

  private open(): Promise<Opened<Queue>> {
    this.opening ??= this.openAnew();
    return this.opening;
  }

  /** Opens a queue, and drops one whose first connection failed, for BullMQ remembers that for ever. */
  private async openAnew(): Promise<Opened<Queue>> {
    const queue = this.make();
    this.current = queue;
    queue.part.on('error', (error) => {
      this.log.warn(`Queue ${this.name}: ${error.message}`);
    });
    try {
      await queue.part.waitUntilReady();
      return queue;
    } catch (error) {
      this.current = this.opening = undefined;
      queue.close().catch(() => undefined);
      throw error;
    }
  }
}
