import { Redis } from 'ioredis';

/** The queue's backend, which the Jest project sets: the e2e specs run once for each. */
declare const queueBackend: 'postgres' | 'redis' | undefined;

/**
 * The `REDIS_URL` for one test file: a Redis database that no other file has, so that BullMQ needs no prefix.
 * Channels of PUBLISH are not separated by it.
 * @returns undefined where this run keeps its queues in PostgreSQL.
 */
export async function createTestRedis(): Promise<string | undefined> {
  if (typeof queueBackend === 'undefined' || queueBackend === 'postgres') return undefined;
  const server = process.env.TEST_REDIS_URL;
  if (server === undefined) throw new Error('No redis-server is installed.');
  const redis = new Redis(server);
  try {
    // Database 0 counts.
    return `${server}/${await redis.incr('databases handed out')}`;
  } finally {
    await redis.quit();
  }
}
