import { Messages } from '@app/delivery';
import { Carillon } from '@app/testing/harness';

describe('messages that a crash kept from being completed', () => {
  let carillon: Carillon;
  let applicationId: number;
  beforeAll(async () => {
    carillon = await Carillon.start();
    applicationId = await carillon.createApplication();
  });
  afterAll(() => carillon.close());
  beforeEach(() => carillon.sql('TRUNCATE messages CASCADE'));

  const done = 'ffffffff-0000-4000-8000-000000000000';
  const state = async () => {
    const [row] = await carillon.sql<{ state: string }>(
      'SELECT state FROM messages WHERE id = $1',
      [done],
    );
    return row?.state;
  };
  const run = (id: string, ...parameters: unknown[]) =>
    carillon.sql(
      `INSERT INTO messages (id, application_id, priority, state, content, launched_at)
       SELECT ${id}, $1, 'transactional', 'running', '{}', now() FROM generate_series(1, $2::int) AS n`,
      [applicationId, ...parameters],
    );

  it.each([
    { others: 0, looks: 1 },
    { others: 1, looks: 1 },
    { others: 500, looks: 2 },
  ])('are found at look $looks where $others others run', async ({ others, looks }) => {
    await run("lpad(to_hex(n), 32, '0')::uuid", others);
    await carillon.sql(
      `INSERT INTO chunks (message_id, gateway, number, application_id, priority, first_seq, size)
       SELECT id, 'apns', 0, application_id, priority, 0, 1 FROM messages`,
    );
    await run(`'${done}'::uuid`, 1);
    const messages = carillon.get(Messages);
    for (let look = 1; look <= looks; look++) {
      expect(await state()).toBe('running');
      await messages.completeDone();
    }
    expect(await state()).toBe('completed');
    expect(await carillon.sql("SELECT FROM messages WHERE state = 'running'")).toHaveLength(others);
    // The next look begins with the first again.
    await run(`gen_random_uuid()`, 1);
    await messages.completeDone();
    await messages.completeDone();
    expect(await carillon.sql("SELECT FROM messages WHERE state = 'running'")).toHaveLength(others);
  });
});
