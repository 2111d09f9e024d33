import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../src/embedded-postgres';
import { type RedisServer, startRedis } from './redis-server';

interface Services {
  readonly folder: string;
  readonly postgres: EmbeddedPostgres;
  readonly redis: RedisServer | undefined;
}

/** Jest loads set-up and teardown in one process, so they share this module. */
let running: Promise<Services> | undefined;

/**
 * One PostgreSQL and, where redis-server is installed, one Redis for a whole run. Both forget everything.
 * Jest calls it once per run, and only if a file needs it. Tests find the servers through their environment:
 * take `createTestDatabase` and `createTestRedis` rather than these variables.
 */
export async function startServices(): Promise<void> {
  running = start();
  // PostgreSQL does not get the terminal's Ctrl-C, and nobody else would stop it.
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => {
      void stopServices().finally(() => process.kill(process.pid, signal));
    });
  const { postgres, redis } = await running;
  process.env.TEST_POSTGRES_URL = postgres.url;
  if (redis !== undefined) process.env.TEST_REDIS_URL = redis.url;
}

export async function stopServices(): Promise<void> {
  const services = await running;
  if (services === undefined) return;
  running = undefined;
  await Promise.all([services.postgres.stop(), services.redis?.stop()]);
  await rm(services.folder, { recursive: true, force: true });
}

async function start(): Promise<Services> {
  const folder = await mkdtemp(join(tmpdir(), 'carillon-test-'));
  const settings = { fsync: 'off', full_page_writes: 'off', synchronous_commit: 'off' };
  const [postgres, redis] = await Promise.all([
    startEmbeddedPostgres({ dataDir: folder, settings }),
    startRedis(),
  ]);
  return { folder, postgres, redis };
}
