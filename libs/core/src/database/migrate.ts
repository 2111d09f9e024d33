import { DataSource } from 'typeorm';
import { runMigrations as runQueueMigrations } from 'bullmq';
import { reachable } from './reachable';
import { missingMigrations, type Schema } from './schema-check';
import { assertServer } from './server-check';
import { locks } from './sql';
import { WatchedClient } from './watched-client';

/**
 * Brings a database up to date: our tables, and the queue's in its own schema, which stays unused on Redis.
 * Any number of processes may call it at once; one works, the others wait. The lock sits on a connection of its own,
 * because migrations commit one by one.
 * @throws DatabaseAwayError
 * @throws ConfigError when its URL is wrong, it is too old, or its schema is not ours or too new; then nothing is changed
 */
export async function migrate(databaseUrl: string, schema: Schema): Promise<string[]> {
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
      return done.map((migration) => migration.name);
    } finally {
      await dataSource.destroy();
    }
  } finally {
    await lock.end();
  }
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
