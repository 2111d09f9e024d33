import { createTestDatabase, type TestDatabase } from '@app/testing/database';
import { testConfig } from '@app/testing/config';
import { Client } from 'pg';
import { type JobQueue, Queues } from './queues';

const queue: JobQueue<{ readonly lane: number }> = { name: 'wake-ups' };

describe('wake-ups on PostgreSQL', () => {
  let database: TestDatabase;
  let queues: Queues;
  let client: Client;
  beforeEach(async () => {
    database = await createTestDatabase();
    queues = new Queues(testConfig(database.url));
    client = new Client({ connectionString: database.url });
    await client.connect();
  });
  afterEach(async () => {
    await queues.onApplicationShutdown();
    await client.end();
    await database.drop();
  });

  const wake = (...lanes: readonly number[]) =>
    queues.wake(
      queue,
      lanes.map((lane) => ({ id: `lane-${lane}`, data: { lane } })),
    );
  const count = async (from: string) => {
    const { rows } = await client.query<{ count: number }>(`SELECT count(*)::int FROM ${from}`);
    return rows[0]?.count;
  };

  it('are there once, whether some come alone, twice or with many', async () => {
    await wake(1, 2);
    await Promise.all([wake(2, 3), wake(3)]);
    await wake(...Array.from({ length: 50 }, (_, place) => place));
    expect(await count(`bullmq.job WHERE queue = '${queue.name}'`)).toBe(50);
  });

  it('of some lanes make no temporary tables, which take longer than all else of a notification', async () => {
    await wake(1, 2, 3);
    expect(await count(`bullmq.job WHERE queue = '${queue.name}'`)).toBe(3);
    expect(await count(`pg_namespace WHERE nspname LIKE 'pg_temp_%'`)).toBe(0);
  });

  it('leave no long trail of events, which nobody reads', async () => {
    await wake(1);
    const field = `bullmq.meta WHERE field = 'opts.maxLenEvents' AND value = '100'`;
    expect(await count(field)).toBe(1);
  });
});
