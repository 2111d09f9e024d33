import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrate } from '@app/core';
import { freePort } from '@app/testing/free-port';
import { Client } from 'pg';
import { schema } from '../../migrations';
import { startEmbeddedPostgres } from '../../apps/standalone/src/embedded-postgres';
import type { Backing } from '@app/testing/harness';
import { type Child, startProcess } from './child';
import { leftBehind } from './left-behind';

/** The backend of the queue. */
export type Queue = 'postgres' | 'redis';

/** @throws Error for a word that is none */
export function queueNamed(word: string): Queue {
  if (word === 'postgres' || word === 'redis') return word;
  throw new Error(`No queue is on ${word}: say postgres or redis`);
}

/** Starts PostgreSQL with all its durability, as operators run it, and Redis likewise where the queue is to be on it. */
export async function benchBacking(queue: Queue = 'postgres'): Promise<Backing> {
  const folder = newFolder();
  const postgres = await startEmbeddedPostgres({ dataDir: folder });
  const redis = queue === 'redis' ? await startRedis(folder) : undefined;
  const name = `bench_${randomBytes(4).toString('hex')}`;
  const admin = new Client({ connectionString: postgres.url });
  await admin.connect();
  await admin.query(`CREATE DATABASE ${name}`);
  await admin.end();
  const url = Object.assign(new URL(postgres.url), { pathname: `/${name}` }).href;
  await migrate(url, schema);
  return {
    database: () =>
      Promise.resolve({
        url,
        drop: async () => {
          await redis?.stop();
          await postgres.stop();
          rmSync(folder, { recursive: true });
        },
      }),
    redisUrl: () => Promise.resolve(redis?.url),
  };
}

/** Makes a folder that is removed after the bench, with a PostgreSQL that runs in it. */
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'carillon-bench-'));
  leftBehind.addFolder(folder);
  return folder;
}

/** Starts a Redis that keeps what it is told, as docker/compose.yml does. */
async function startRedis(folder: string): Promise<Child & { readonly url: string }> {
  const port = String(await freePort());
  const redis = await startProcess(
    'redis-server',
    ['--port', port, '--bind', '127.0.0.1', '--dir', folder, '--appendonly', 'yes'],
    'Ready to accept connections',
  );
  return { ...redis, url: `redis://127.0.0.1:${port}` };
}
