import { DataSource } from 'typeorm';
import { runMigrations as runQueueMigrations } from 'bullmq';
import { reachable } from './reachable';
import { grantsTo } from './run-role';
import { missingMigrations, type Schema } from './schema-check';
import { assertServer } from './server-check';
import { locks } from './sql';
import { WatchedClient } from './watched-client';

/**
 * Brings a database up to date: our tables, and the queue's in its own schema, which stays unused on Redis.
 * Any number of processes may call it at once; one works, the others wait. The lock sits on a connection of its own,
 * because migrations commit one by one.
 * @param runRole the role of the services, which then gets the rights that they need and no more
 * @throws DatabaseAwayError
 * @throws ConfigError when its URL is wrong, it is too old, or its schema is not ours or too new; then nothing is changed
 */
export async function migrate(
  databaseUrl: string,
  schema: Schema,
  runRole?: string,
): Promise<string[]> {
  const lock = await reachable(databaseUrl, () => connect(databaseUrl));
  try {
    await lock.query('SELECT pg_advisory_lock($1)', [locks.migrations]);
    await missingMigrations(asker(lock), schema);
    const dataSource = new DataSource({
      type: 'postgres',
      url: databaseUrl,
      entities: schema.entities,
      migrations: schema.migrations,
      migrationsTransactionMode: 'each',
      poolSize: 1,
      extra: { Client: WatchedClient },
    });
    await dataSource.initialize();
    try {
      const done = await dataSource.runMigrations();
      await runQueueMigrations(lock);
      if (runRole !== undefined) await lock.query(grantsTo(runRole, schema));
      return done.map((migration) => migration.name);
    } finally {
      await dataSource.destroy();
    }
  } finally {
    await lock.end();
  }
}

/** Migrates as the owner, where there is one, who gives the role of the services its rights; else as the services' role. */
export async function migrateAs(
  databaseUrl: string,
  ownerUrl: string | undefined,
  schema: Schema,
): Promise<string[]> {
  if (ownerUrl === undefined) return migrate(databaseUrl, schema);
  return migrate(ownerUrl, schema, decodeURIComponent(new URL(databaseUrl).username));
}

async function connect(databaseUrl: string): Promise<WatchedClient> {
  const client = new WatchedClient({
    connectionString: databaseUrl,
    application_name: 'carillon migrate',
  });
  await client.connect();
  try {
    await assertServer(asker(client));
  } catch (error) {
    await client.end();
    throw error;
  }
  return client;
}

const asker = (client: WatchedClient) => async (sql: string) =>
  (await client.query<object>(sql)).rows;
