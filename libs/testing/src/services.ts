import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '../../../apps/standalone/src/embedded-postgres';
import { type PostgresServer, startPostgres } from './postgres-server';
import { startRedis } from './redis-server';

interface Service {
  stop(): Promise<void>;
}

/** Jest loads set-up and teardown in one process, so they share this module. */
const running: Promise<Service | undefined>[] = [];

/** The settings of servers that forget everything. */
const settings = { fsync: 'off', full_page_writes: 'off', synchronous_commit: 'off' };

/**
 * One PostgreSQL and, where redis-server is installed, one Redis for a whole run. Both forget everything.
 * Jest calls it once per run, and only if a file needs it. Tests find the servers through their environment:
 * take `createTestDatabase` and `createTestRedis` rather than these variables.
 * TEST_POSTGRES_BIN, a folder such as /usr/lib/postgresql/16/bin, runs the tests on that PostgreSQL.
 */
export async function startServices(): Promise<void> {
  const { TEST_POSTGRES_BIN: bin } = process.env;
  const starting = [
    bin === undefined ? startBuiltIn() : startPostgres(bin, settings),
    startRedis(),
  ] as const;
  running.push(...starting);
  stopOnSignals();
  const [postgres, redis] = await Promise.all(starting);
  process.env.TEST_POSTGRES_URL = postgres.url;
  if (redis !== undefined) process.env.TEST_REDIS_URL = redis.url;
}

/** Starts the PostgreSQL of the project whose `globals` name its folder of binaries. */
export async function startInstalledPostgres(
  _: unknown,
  { globals }: { readonly globals: { readonly postgresBin?: string } },
): Promise<void> {
  const starting = startPostgres(globals.postgresBin ?? '', settings);
  running.push(starting);
  stopOnSignals();
  process.env.TEST_INSTALLED_POSTGRES_URL = (await starting).url;
}

export async function stopServices(): Promise<void> {
  for (const service of await Promise.allSettled(running.splice(0)))
    if (service.status === 'fulfilled') await service.value?.stop();
}

/** PostgreSQL does not get the terminal's Ctrl-C, and nobody else would stop it. */
function stopOnSignals(): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => {
      void stopServices().finally(() => process.kill(process.pid, signal));
    });
}

/** Starts the PostgreSQL that comes with the packages. */
async function startBuiltIn(): Promise<PostgresServer> {
  const folder = await mkdtemp(join(tmpdir(), 'carillon-test-'));
  const postgres = await startEmbeddedPostgres({
    dataDir: folder,
    settings: { ...settings, file_copy_method: 'clone' },
  });
  return {
    url: postgres.url,
    stop: async () => {
      await postgres.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
