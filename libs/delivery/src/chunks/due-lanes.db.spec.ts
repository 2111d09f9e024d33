import { randomUUID } from 'node:crypto';
import { createTestDatabase, type TestDatabase } from '@app/testing/database';
import { costOf } from '@app/testing/query-plan';
import { Client } from 'pg';
import { dueLanesStatement } from './campaign-backlog';

describe('the lanes in which campaigns are due', () => {
  let database: TestDatabase;
  let client: Client;
  beforeAll(async () => {
    database = await createTestDatabase();
    client = new Client({ connectionString: database.url });
    await client.connect();
  });
  afterAll(async () => {
    await client.end();
    await database.drop();
  });

  it('are found by some looks into an index, however many chunks are due', async () => {
    await client.query("INSERT INTO applications (id, name) VALUES (1, 'Mobile bank')");
    const messageId = randomUUID();
    await client.query(
      "INSERT INTO messages (id, application_id, priority, state, content) VALUES ($1, 1, 'campaign', 'running', '{}')",
      [messageId],
    );
    await client.query(
      `INSERT INTO chunks (message_id, gateway, number, application_id, priority, first_seq, size)
       SELECT $1, 'apns', n, 1, 'campaign', n * 1000, 1000 FROM generate_series(1, 30000) AS n`,
      [messageId],
    );
    await client.query('VACUUM ANALYZE');
    const look = await costOf(client, dueLanesStatement);
    expect(look.rows).toBe(1);
    expect(look.pages).toBeLessThan(30);
  });
});
