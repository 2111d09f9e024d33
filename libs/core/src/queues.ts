import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import {
  createPostgresBackend,
  createRedisBackend,
  type JobsOptions,
  type Processor,
  Queue,
  Worker,
} from 'bullmq';
import { Config } from './config';

/** A wake-up. The database is the truth: a job only names what to look at, and losing or repeating one is harmless. */
export interface Wakeup<Data> {
  /** Deterministic, so that a repeat is dropped while the first is still there. BullMQ allows no `:` in it. */
  readonly id: string;
  readonly data: Data;
}

/** A queue with the shape of its jobs, so that producer and consumer can't disagree. */
export interface JobQueue<Data> {
  readonly name: string;
  /** Never set: it carries the type. */
  readonly job?: Data;
}

/** Finished jobs leave at once: a job that stays would block the next wake-up of the same id. */
const jobOptions: JobsOptions = { removeOnComplete: true, removeOnFail: true, attempts: 1 };

/** How long a producer waits for a dead Redis before it leaves the wake-up to the reconciler. */
const addTimeoutMs = 2_000;

/**
 * A crashed process's jobs are free again after `lockDuration`; a live one renews at half of it. The check runs on
 * every worker each `stalledInterval`. Each crash costs a job one stall: the limit is high because losing a machine is
 * not the job's fault, and finite because a job that kills its worker must not do so for ever.
 */
const crashRecovery = { lockDuration: 10_000, stalledInterval: 5_000, maxStalledCount: 20 };

export interface QueueWorker {
  close(): Promise<void>;
}

/** BullMQ on Redis where `REDIS_URL` is set, else on PostgreSQL. No other code knows which it is. */
@Injectable()
export class Queues implements OnApplicationShutdown {
  private readonly logger = new Logger(Queues.name);
  private readonly queues = new Map<string, Queue>();
  private readonly workers = new Set<Worker>();

  constructor(private readonly config: Config) {}

  /** Never throws for an unreachable queue: the reconciler repeats the wake-up. */
  async wake<Data>({ name }: JobQueue<Data>, wakeups: readonly Wakeup<Data>[]): Promise<void> {
    if (wakeups.length === 0) return;
    try {
      await this.queue(name).addBulk(
        wakeups.map(({ id, data }) => ({ name, data, opts: { ...jobOptions, jobId: id } })),
      );
    } catch (error) {
      this.logger.warn(`Queue ${name} took no wake-up; it will be repeated: ${String(error)}`);
    }
  }

  /** Runs `processor` for the wake-ups of `name`, `concurrency` at once in this process. */
  work<Data>(
    { name }: JobQueue<Data>,
    concurrency: number,
    processor: (data: Data) => Promise<void>,
  ): QueueWorker {
    const run: Processor<Data> = (job) => processor(job.data);
    const options = { concurrency, ...crashRecovery };
    const worker = (
      this.config.redisUrl === undefined
        ? new Worker(name, run, { ...options, connection: this.postgres() }, createPostgresBackend)
        : new Worker(
            name,
            run,
            { ...options, connection: { url: this.config.redisUrl, maxRetriesPerRequest: null } },
            createRedisBackend,
          )
    ) as Worker;
    worker.on('error', (error) => {
      this.logger.warn(`Queue ${name}: ${error.message}`);
    });
    worker.on('failed', (job, error) => {
      this.logger.error(`Job ${job?.id ?? '?'} of ${name} failed: ${error.stack ?? error.message}`);
    });
    this.workers.add(worker);
    return {
      close: async () => {
        this.workers.delete(worker);
        await worker.close();
      },
    };
  }

  /** Asks the queue something. @throws when it can't be reached */
  async ready({ name }: JobQueue<unknown>): Promise<void> {
    await this.queue(name).getJobCounts('waiting');
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all([...this.workers].map((worker) => worker.close()));
    await Promise.all([...this.queues.values()].map((queue) => queue.close()));
  }

  private queue(name: string): Queue {
    const known = this.queues.get(name);
    if (known !== undefined) return known;
    const queue = (
      this.config.redisUrl === undefined
        ? new Queue(name, { connection: this.postgres() }, createPostgresBackend)
        : new Queue(
            name,
            { connection: { url: this.config.redisUrl, commandTimeout: addTimeoutMs } },
            createRedisBackend,
          )
    ) as Queue;
    queue.on('error', (error) => {
      this.logger.warn(`Queue ${name}: ${error.message}`);
    });
    this.queues.set(name, queue);
    return queue;
  }

  private postgres() {
    return {
      ...(this.config.databaseUrl !== undefined && { connectionString: this.config.databaseUrl }),
      max: 3,
      application_name: 'carillon queue',
    };
  }
}
