import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import type { JobsOptions } from 'bullmq';
import { Config } from '../config/config';
import { RepeatedLog } from '../time/repeated-log';
import { Consumer } from './consumer';
import { Producer } from './producer';
import { QueueBackend } from './queue-backend';

/** A wake-up. The database is the truth: a job only names what to look at, and losing or repeating one is harmless. */
export interface Wakeup<Data> {
  /** A deterministic id: a repeat is dropped while the first is still there. BullMQ allows no `:` in it. */
  readonly id: string;
  readonly data: Data;
}

/** A queue with the shape of its jobs, so that producer and consumer can't disagree. */
export interface JobQueue<Data> {
  readonly name: string;
  /** Carries the type and is never set. */
  readonly job?: Data;
}

/** Removes finished jobs at once: a job that stays would block the next wake-up of the same id. */
const jobOptions: JobsOptions = { removeOnComplete: true, removeOnFail: true, attempts: 1 };

/** Up to so many jobs are added one by one: on PostgreSQL several at once go by way of temporary tables, for some 10 ms. */
const fewJobs = 8;

/**
 * A crashed process's jobs are free again after `lockDuration`; a live one renews at half of it. The check runs on
 * every worker each `stalledInterval`. Each crash costs a job one stall: the limit is high because losing a machine is
 * not the job's fault, and finite because a job that kills its worker must not do so for ever. `runRetryDelay` is how
 * long a worker waits after it could not ask for a job.
 */
const crashRecovery = {
  lockDuration: 10_000,
  stalledInterval: 5_000,
  maxStalledCount: 20,
  runRetryDelay: 2_000,
};

export interface QueueWorker {
  close(): Promise<void>;
}

/** Wakes workers of any process. Nobody waits long for a queue that is away. */
@Injectable()
export class Queues implements OnApplicationShutdown {
  private readonly log = new RepeatedLog(new Logger(Queues.name));
  private readonly backend: QueueBackend;
  private readonly producers = new Map<string, Producer>();
  private readonly consumers = new Set<Consumer>();

  constructor(config: Config) {
    this.backend = new QueueBackend(config);
  }

  /** Wakes workers. It never throws for an unreachable queue: the reconciler repeats the wake-up. */
  async wake<Data>({ name }: JobQueue<Data>, wakeups: readonly Wakeup<Data>[]): Promise<void> {
    if (wakeups.length === 0) return;
    const jobs = wakeups.map(({ id, data }) => ({
      name,
      data,
      opts: { ...jobOptions, jobId: id },
    }));
    try {
      await this.producer(name).ask((queue) =>
        jobs.length > fewJobs
          ? queue.addBulk(jobs)
          : Promise.all(jobs.map(({ data, opts }) => queue.add(name, data, opts))),
      );
    } catch (error) {
      this.log.warn(`Queue ${name} takes no wake-ups; they will be repeated: ${String(error)}`);
    }
  }

  /** Runs `processor` for the wake-ups of `name`, `concurrency` at once in this process. */
  work<Data>(
    { name }: JobQueue<Data>,
    concurrency: number,
    processor: (data: Data) => Promise<void>,
  ): QueueWorker {
    const consumer = new Consumer(
      name,
      (run) => this.backend.worker(name, run, { concurrency, ...crashRecovery }),
      (job) => processor(job.data as Data),
      this.log,
    );
    this.consumers.add(consumer);
    return {
      close: async () => {
        this.consumers.delete(consumer);
        await consumer.close();
      },
    };
  }

  /** Asks a question through a queue in which nobody works. @throws when it is not answered */
  async ready(): Promise<void> {
    await this.producer('readiness').ask((queue) => queue.getJobCounts('waiting'));
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all([...this.consumers].map((consumer) => consumer.close()));
    await Promise.all([...this.producers.values()].map((producer) => producer.close()));
  }

  private producer(name: string): Producer {
    const known = this.producers.get(name);
    if (known !== undefined) return known;
    const producer = new Producer(name, () => this.backend.queue(name), this.log);
    this.producers.set(name, producer);
    return producer;
  }
}
