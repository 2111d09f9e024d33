import { setTimeout as sleep } from 'node:timers/promises';
import type { Job, Worker } from 'bullmq';
import { within } from '../deadline';
import type { RepeatedLog } from '../repeated-log';
import type { Opened } from './queue-backend';

const retryMs = 1_000;

/** How long the queue may take to hear that we are done. */
const closeWithinMs = 3_000;

/** The receiving end of a queue. It is there again when the queue is, however long and however it was away. */
export class Consumer {
  private current: Opened<Worker> | undefined;
  private isReady = false;
  private readonly closed = new AbortController();
  private readonly underWay = new Set<Promise<unknown>>();

  /** @param make opens a worker that calls what it is given for each job */
  constructor(
    private readonly name: string,
    private readonly make: (run: (job: Job) => Promise<void>) => Opened<Worker>,
    private readonly processor: (job: Job) => Promise<void>,
    private readonly log: RepeatedLog,
  ) {
    void this.keepOpen();
  }

  /** Takes no further jobs, and waits for those under way; for a queue that is away it does not wait long. */
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

  /** BullMQ remembers a first connection that failed for ever: that worker is of no use, and another takes its place. */
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
