import { Client } from 'pg';
import { DataSource, type MigrationInterface, type QueryRunner } from 'typeorm';
import { testConfig } from '@app/testing/config';
import { createTestDatabase, type TestDatabase } from '@app/testing/database';
import { databaseSchema } from '@app/testing/database-schema';
import { schema } from '../../../../migrations';
import { openDatabase } from './database';
import { migrate } from './migrate';
import type { Schema } from './schema-check';

// Releases to come: the first adds a column and lives without another one, which the second takes away.

class AddLanguage1900000000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE users ADD language text');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE users DROP language');
  }
}

class DropReason1900000000001 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      ALTER TABLE devices DROP retired_reason;
      INSERT INTO required_migrations VALUES ('AddLanguage1900000000000')`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      DELETE FROM required_migrations WHERE name = 'AddLanguage1900000000000';
      ALTER TABLE devices ADD retired_reason text`);
  }
}

const next: Schema = { ...schema, migrations: [...schema.migrations, AddLanguage1900000000000] };
const last: Schema = { ...next, migrations: [...next.migrations, DropReason1900000000001] };

let database: TestDatabase;
let client: Client;
beforeEach(async () => {
  database = await createTestDatabase();
  client = new Client({ connectionString: database.url });
  await client.connect();
});
afterEach(async () => {
  await client.end();
  await database.drop();
});

const open = async (version: Schema) => {
  const dataSource = await openDatabase(testConfig(database.url), version, 'test');
  await dataSource.destroy();
};
const empty = () => client.query('DROP SCHEMA public, bullmq CASCADE; CREATE SCHEMA public');
/** All that a migration would change. */
const state = async () => {
  const { rows } = await client.query("SELECT FROM pg_namespace WHERE nspname = 'bullmq'");
  return [rows.length, await databaseSchema(database.url)];
};

describe('a version', () => {
  it('starts on its own schema, and on one to which a newer version has added', async () => {
    await open(schema);
    expect(await migrate(database.url, next)).toEqual(['AddLanguage1900000000000']);
    await open(schema);
    expect(await migrate(database.url, schema)).toEqual([]);
  });

  it('is refused on one that lacks its migrations, of which each is named', async () => {
    await expect(open(last)).rejects.toThrow(
      /schema is behind .*lacks AddLanguage1900000000000, DropReason1900000000001\); run: npm run/,
    );
    await empty();
    await expect(open(schema)).rejects.toThrow(/schema is behind .*Initial\d+\); run: npm run/);
  });

  it('is refused where a newer one has taken away what it uses, and only there', async () => {
    await migrate(database.url, last);
    const before = await state();
    const tooNew = /too new for this version \(it needs one with AddLanguage1900000000000\)/;
    await expect(open(schema)).rejects.toThrow(tooNew);
    await expect(migrate(database.url, schema)).rejects.toThrow(tooNew);
    expect(await state()).toEqual(before);
    await open(next);
    await open(last);

    const dataSource = await new DataSource({
      type: 'postgres',
      url: database.url,
      ...last,
    }).initialize();
    await dataSource.undoLastMigration();
    await dataSource.destroy();
    await open(schema);
  });

  it('that migrates beside a newer one is done before it, or refused', async () => {
    await empty();
    const [, newer] = await Promise.allSettled([
      migrate(database.url, schema).catch((error: unknown) => {
        expect(String(error)).toMatch(/too new for this version/);
      }),
      migrate(database.url, last),
    ]);
    expect(newer.status).toBe('fulfilled');
    await open(last);
    await expect(open(schema)).rejects.toThrow(/too new/);
  });
});

describe('a database with a history of its own', () => {
  const foreign =
    /holds tables that no migration of this version made \((.*)\), and stays as it is/;

  it.each([
    ['tables of another program', 'CREATE TABLE orders (id integer)', 'orders'],
    [
      "another program's list of migrations",
      "CREATE TABLE migrations (id integer, migration text); INSERT INTO migrations VALUES (1, 'create_users')",
      'migrations',
    ],
    [
      "our tables by another version's migrations",
      `CREATE TABLE users (id text); CREATE TABLE devices (id bigint); CREATE TABLE lanes (id integer);
       CREATE TABLE migrations (id serial, timestamp bigint, name text);
       INSERT INTO migrations VALUES (1, 1763683200000, 'Initial1763683200000')`,
      'devices, lanes, migrations …',
    ],
  ])('stays as it is: %s', async (_, sql, tables) => {
    await empty();
    await client.query(sql);
    const before = await state();
    for (const use of [() => open(schema), () => migrate(database.url, schema)]) {
      const refused = await use().catch((error: unknown) => String(error));
      expect(foreign.exec(String(refused))?.[1]).toBe(tables);
    }
    expect(await state()).toEqual(before);
  });

  it("is none where the tables are an extension's, or a migration failed before its first table", async () => {
    await empty();
    await client.query(
      `CREATE TABLE spatial_ref_sys (srid integer); ALTER EXTENSION plpgsql ADD TABLE spatial_ref_sys;
       CREATE TABLE migrations (id serial, timestamp bigint, name text)`,
    );
    expect(await migrate(database.url, schema)).toHaveLength(schema.migrations.length);
    await open(schema);
  });
});
