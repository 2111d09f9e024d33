import { Client } from 'pg';
import { createTestDatabase, type TestDatabase } from '@app/testing/database';
import { PostgresRelay } from '@app/testing/postgres-relay';
import { schema } from '../../../../migrations';
import { testConfig } from '@app/testing/config';
import { openDatabase } from './database';

describe('the connections of a process', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database.drop());

  it('keep the locks of a transaction that stands still for a minute, and no longer', async () => {
    const dataSource = await openDatabase(testConfig(database.url), schema, 'test');
    expect(await dataSource.query('SHOW idle_in_transaction_session_timeout')).toEqual([
      { idle_in_transaction_session_timeout: '1min' },
    ]);
    await dataSource.destroy();
  });

  it('are not made to a PostgreSQL that is too old, which is called by its name', async () => {
    const client = new Client({ connectionString: database.url });
    await client.connect();
    const { rows } = await client.query<{ number: string }>(
      "SELECT current_setting('server_version_num') AS number",
    );
    await client.end();
    const [{ number: truth } = { number: '' }] = rows;
    const relay = await PostgresRelay.start(database.url);
    relay.lie = { truth, lie: '140012' };
    await expect(openDatabase(testConfig(relay.url), schema, 'test')).rejects.toThrow(
      /DATABASE_URL: the database is PostgreSQL .*; Carillon wants 15 or newer/,
    );
    await relay.close();
  });
});
