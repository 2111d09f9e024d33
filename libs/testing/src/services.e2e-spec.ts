import { Redis } from 'ioredis';
import { createTestRedis } from './redis';

declare const queueBackend: string;

describe(`the queue backend ${queueBackend}`, () => {
  it('is a Redis database of one’s own, or none where the queues are in PostgreSQL', async () => {
    const [one, other] = await Promise.all([createTestRedis(), createTestRedis()]);
    if (queueBackend === 'postgres') {
      expect([one, other]).toEqual([undefined, undefined]);
      return;
    }
    expect(one).not.toBe(other);
    const redis = new Redis(one ?? '');
    expect(await redis.dbsize()).toBe(0);
    expect(await redis.config('GET', 'maxmemory-policy')).toContain('noeviction');
    await redis.quit();
  });
});
