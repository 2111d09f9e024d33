import { readFileSync } from 'node:fs';
import { migrate } from '@app/core';
import { Client } from 'pg';
import { DataSource } from 'typeorm';
import { schema } from '../../../migrations';
import { createTestDatabase, type TestDatabase } from '@app/testing/database';
import { databaseSchema } from '@app/testing/database-schema';

describe('the migrations', () => {
  let database: TestDatabase;

  beforeEach(async () => {
    database = await createTestDatabase();
  });
  afterEach(() => database.drop());

  it('lead to what the entities say', async () => {
    const dataSource = await connected(database.url);
    const { upQueries } = await dataSource.driver.createSchemaBuilder().log();
    expect(upQueries.map(({ query }) => query)).toEqual([]);
    await dataSource.destroy();
  });

  it('lead to what migrations/schema.sql shows', async () => {
    const text = await databaseSchema(database.url);
    expect(text).toBe(readFileSync('migrations/schema.sql', 'utf8'));
  });

  it('change nothing the second time', async () => {
    expect(await migrate(database.url, schema)).toEqual([]);
  });

  it('run once when ten processes start at the same time on an empty database', async () => {
    await empty(database.url);
    const done = await Promise.all(Array.from({ length: 10 }, () => migrate(database.url, schema)));
    expect(done.filter((names) => names.length > 0)).toEqual([
      schema.migrations.map((migration) => (migration as { name: string }).name),
    ]);
    expect(await tables(database.url)).toContain('deliveries');
  });

  it('can be taken back', async () => {
    const dataSource = await connected(database.url);
    while ((await dataSource.query<unknown[]>('SELECT FROM migrations')).length > 0) {
      await dataSource.undoLastMigration();
    }
    await dataSource.destroy();
    expect(await tables(database.url)).toEqual(['migrations']);
    expect(await migrate(database.url, schema)).toHaveLength(schema.migrations.length);
  });
});

function connected(url: string): Promise<DataSource> {
  return new DataSource({ type: 'postgres', url, ...schema }).initialize();
}

async function query<Row extends object>(url: string, sql: string): Promise<Row[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.end();
  }
}

async function empty(url: string): Promise<void> {
  await query(url, 'DROP SCHEMA public, bullmq CASCADE; CREATE SCHEMA public');
}

async function tables(url: string): Promise<string[]> {
  const sql = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1";
  return (await query<{ tablename: string }>(url, sql)).map(({ tablename }) => tablename);
}
