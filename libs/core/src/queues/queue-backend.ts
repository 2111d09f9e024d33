import {
  createPostgresBackend,
  createRedisBackend,
  type PostgresConnectionOptions,
  type Processor,
  Queue,
  Worker,
  type WorkerOptions,
} from 'bullmq';
import { Pool } from 'pg';
import type { Config } from '../config/config';
import { WatchedClient } from '../database/watched-client';

/** A part of BullMQ and the way to close it. */
export interface Opened<Part> {
  readonly part: Part;
  /** Waits for its connections to end, as long as that takes. @param force just ends connections that never came about */
  close(force?: boolean): Promise<void>;
}

/** Sessions of each queue and worker: one listens, the others work. */
const poolSize = 4;

/**
 * What a crash of PostgreSQL takes of its last moments is made again, for a job is only a wake-up. So none waits for the
 * disk, nor do others behind it.
 */
const sessionOptions = '-c search_path=bullmq -c synchronous_commit=off';

/** How long a connection may be silent: a worker's blocking command is so for ten seconds at most. */
const silenceMs = 30_000;

const longestReconnectMs = 2_000;

/** Nobody reads BullMQ's events, and on PostgreSQL every wake-up looks through all that are kept. */
const streams = { events: { maxLen: 100 } };

/** Opens BullMQ on Redis where `REDIS_URL` is set, else on PostgreSQL. No other code knows which one it is. */
export class QueueBackend {
  constructor(private readonly config: Pick<Config, 'redisUrl' | 'databaseUrl'>) {}

  queue(name: string): Opened<Queue> {
    const { redisUrl } = this.config;
    if (redisUrl !== undefined) {
      const queue = new Queue(name, { connection: redis(redisUrl), streams }, createRedisBackend);
      return { part: queue, close: () => queue.close() };
    }
    const pool = this.pool();
    const queue = new Queue(
      name,
      { connection: connectionOf(pool), streams },
      createPostgresBackend,
    );
    return ended(queue as unknown as Queue, pool);
  }

  worker(name: string, run: Processor, options: Omit<WorkerOptions, 'connection'>): Opened<Worker> {
    const { redisUrl } = this.config;
    if (redisUrl !== undefined) {
      const connection = { ...redis(redisUrl), maxRetriesPerRequest: null };
      const worker = new Worker(name, run, { ...options, connection }, createRedisBackend);
      return { part: worker, close: (force) => worker.close(force) };
    }
    const pool = this.pool();
    const all = { ...options, connection: connectionOf(pool) };
    const worker = new Worker(name, run, all, createPostgresBackend);
    return ended(worker as unknown as Worker, pool);
  }

  private pool(): Pool {
    const { databaseUrl } = this.config;
    const settings = {
      ...(databaseUrl !== undefined && { connectionString: databaseUrl }),
      max: poolSize,
      application_name: 'carillon queue',
      options: sessionOptions,
      Client: WatchedClient,
    };
    return new Pool(settings);
  }
}

/** Passes a pool to BullMQ, which takes one, though its own type for the argument does not say so. */
const connectionOf = (pool: Pool) => pool as unknown as PostgresConnectionOptions;

/** Closes the pool with the part: BullMQ leaves a pool that it was given open. */
function ended<Part extends { close(force?: boolean): Promise<void> }>(
  part: Part,
  pool: Pool,
): Opened<Part> {
  return {
    part,
    close: async (force) => {
      await part.close(force);
      await pool.end();
    },
  };
}

/** Sets limits for Redis: BullMQ waits up to 20 seconds between two attempts, and for an answer for ever. */
function redis(url: string) {
  return {
    url,
    keepAlive: 10_000,
    socketTimeout: silenceMs,
    retryStrategy: (attempt: number) => Math.min(attempt * 200, longestReconnectMs),
    // After a failover the address leads to the new primary, but the connection still to the old one.
    reconnectOnError: ({ message }: Error) => message.startsWith('READONLY'),
  };
}
