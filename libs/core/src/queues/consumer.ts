import { setTimeout as sleep } from 'node:timers/promises';
import type { Job, Worker } from 'bullmq';
import { within } from '../time/deadline';
import type { RepeatedLog } from '../time/repeated-log';
import type { Opened } from './queue-backend';

const retryMs = 1_000;

/** How long the queue may take to answer that we are done. */
const closeWithinMs = 3_000;

/** The receiving end of a queue. However long and however the queue was away, the consumer goes on when it is back. */
export class Consumer {
  private current: Opened<Worker> | undefined;
  private isReady = false;
  private readonly closed = new AbortController();
  private readonly underWay = new Set<Promise<unknown>>();

  /** @param make opens a worker that calls its argument for each job */
  constructor(
    private readonly name: string,
    private readonly make: (run: (job: Job) => Promise<void>) => Opened<Worker>,
    private readonly processor: (job: Job) => Promise<void>,
    private readonly log: RepeatedLog,
  ) {
    void this.keepOpen();
  }

  /** Takes no further jobs, and waits for those under way; it does not wait long for a queue that is away. */
  async close(): Promise<void> {
    this.closed.abort();
    const closing = this.current?.close(!this.isReady);
    closing?.catch(() => undefined);
    while (this.underWay.size > 0) await Promise.allSettled(this.underWay);
    if (closing === undefined) return;
    await within(closeWithinMs, `queue ${this.name}`, closing).catch((error: unknown) => {
      this.log.warn(`Left without goodbye: ${String(error)}`);
    });
  }

  /** Replaces a worker whose first connection failed: BullMQ remembers that for ever, and the worker is of no use. */
  private async keepOpen(): Promise<void> {
    while (!this.closed.signal.aborted) {
      const worker = this.open();
      this.current = worker;
      try {
        await worker.part.waitUntilReady();
        this.isReady = true;
        return;
      } catch (error) {
        this.log.warn(`Queue ${this.name}: ${String(error)}`);
        worker.close(true).catch(() => undefined);
        await sleep(retryMs, undefined, { signal: this.closed.signal }).catch(() => undefined);
      }
    }
  }

  private open(): Opened<Worker> {
    const worker = this.make((job) => this.run(job));
    worker.part.on('error', (error) => {
      this.log.warn(`Queue ${this.name}: ${error.message}`);
    });
    worker.part.on('failed', (job, error) => {
      const { message, stack = '' } = error;
      this.log.error(`Jobs of ${this.name} fail: ${message}`, `${job?.id ?? '?'}: ${stack}`);
    });
    return worker;
  }

  private async run(job: Job): Promise<void> {
    const running = this.processor(job);
    this.underWay.add(running);
    try {
      await running;
    } finally {
      this.underWay.delete(running);
    }
  }
}
