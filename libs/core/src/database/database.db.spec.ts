import { createTestDatabase, type TestDatabase } from '../../../../apps/standalone/test/database';
import { schema } from '../../../../migrations';
import { testConfig } from '../../../../apps/api/test/api-client';
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
});
