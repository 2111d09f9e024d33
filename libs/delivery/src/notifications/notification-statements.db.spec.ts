import { createTestDatabase, type TestDatabase } from '@app/testing/database';
import { costOf } from '@app/testing/query-plan';
import { Client } from 'pg';
import { claimNotificationsStatement } from '../chunks/backlog';
import { dueBacklogs } from '../chunks/due.statements';
import { recordNotificationsStatement } from './record-notifications.statement';

/** How many of each kind are under way. */
const many = 2_000;
const few = 50;
const applicationId = 3;

/** The pages that a statement may look at for each row: the levels of some ten indexes, and some to spare. */
const pagesOfOne = 60;

describe('what a worker asks for a few notifications', () => {
  let database: TestDatabase;
  let client: Client;

  beforeAll(async () => {
    database = await createTestDatabase();
    client = new Client({ connectionString: database.url });
    await client.connect();
    // The statistics are those of a server at rest, as nearly all are: of what is under way later, they know nothing.
    await make(1, 'completed', 'finished', many);
    await client.query('VACUUM ANALYZE');
    await make(2, 'running', 'waiting', many);
    await make(applicationId, 'running', 'waiting', few);
  });
  afterAll(async () => {
    await client.end();
    await database.drop();
  });

  it('finds the lanes with some by a look for each', async () => {
    const look = await costOf(client, dueBacklogs);
    expect(look.rows).toBe(2);
    expect(look.pages).toBeLessThan(50);
  });

  it('looks at them alone, whatever else is under way', async () => {
    const claim = await costOf(client, claimNotificationsStatement, [applicationId, 'apns', few]);
    expect(claim.pages).toBeLessThan(few * pagesOfOne);
    const { rows } = await client.query<{ message_id: string }>(
      "SELECT message_id FROM chunks WHERE state = 'working'",
    );
    expect(rows).toHaveLength(few);
    const each = <Value>(value: Value) => rows.map(() => value);
    const results = [
      rows.map((row) => row.message_id),
      ...[each('apns'), each(0), each(0), each('accepted')],
      ...[each(null), each(null), each(null), each(false)],
    ];
    const record = await costOf(client, recordNotificationsStatement, results);
    expect(record.pages).toBeLessThan(few * pagesOfOne);
    const { rows: completed } = await client.query(
      "SELECT FROM messages WHERE application_id = $1 AND state = 'completed'",
      [applicationId],
    );
    expect(completed).toHaveLength(few);
  });

  /** Makes an application with so many notifications of one delivery to APNs each. */
  async function make(id: number, state: string, chunkState: string, count: number): Promise<void> {
    await client.query('INSERT INTO applications (id, name) VALUES ($1, $2)', [id, 'Mobile bank']);
    await client.query(
      `WITH message AS (
         INSERT INTO messages (id, application_id, priority, state, content)
         SELECT gen_random_uuid(), $1::int, 'transactional', $2::text::message_state, '{}' FROM generate_series(1, $4::int) RETURNING id
       ), device AS (
         INSERT INTO devices (application_id, platform, token)
         SELECT $1::int, 'ios', 'token-' || n FROM generate_series(1, $4::int) AS n RETURNING id
       ), delivery AS (
         INSERT INTO deliveries (message_id, gateway, seq, device_id, state)
         SELECT message.id, 'apns', 0, device.id,
           CASE $3::text WHEN 'finished' THEN 'accepted' ELSE 'pending' END::delivery_state
         FROM (SELECT id, row_number() OVER () AS n FROM message) AS message
           JOIN (SELECT id, row_number() OVER () AS n FROM device) AS device USING (n)
       )
       INSERT INTO chunks (message_id, gateway, number, application_id, priority, first_seq, size, accepted, state)
       SELECT id, 'apns', 0, $1::int, 'transactional', 0, 1, ($3::text = 'finished')::int, $3::text::chunk_state FROM message`,
      [id, state, chunkState, count],
    );
  }
});
