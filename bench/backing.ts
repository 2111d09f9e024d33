import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrate } from '@app/core';
import { Client } from 'pg';
import { schema } from '../migrations';
import { startEmbeddedPostgres } from '../apps/standalone/src/embedded-postgres';
import type { Backing } from '@app/testing/harness';

/** Starts PostgreSQL with all its durability, as operators run it; the queue is on `REDIS_URL` where it is set. */
export async function benchBacking(): Promise<Backing> {
  const folder = mkdtempSync(join(tmpdir(), 'carillon-bench-'));
  const postgres = await startEmbeddedPostgres({ dataDir: folder });
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
          await postgres.stop();
          rmSync(folder, { recursive: true });
        },
      }),
    redisUrl: () => Promise.resolve(process.env.REDIS_URL),
  };
}
