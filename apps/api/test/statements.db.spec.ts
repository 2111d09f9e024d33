import { Clock } from '@app/core';
import { until } from '@app/testing/time';
import { Client } from 'pg';
import { DataSource } from 'typeorm';
import type { ApiClient } from './api-client';
import { type ServerInside, startInside } from './server-inside';

let api: ApiClient;
let app: ServerInside['app'];
beforeAll(async () => {
  ({ api, app } = await startInside({ STATEMENT_TIMEOUT_MS: '2000' }));
  // What is kept for seconds, such as whether a token stands, stays fresh: which request renews it is chance.
  app.get(Clock, { strict: false }).elapsedMs = () => 1;
  await api.ask(`mutation { createApplication(input: { id: 1, name: "Mobile bank" }) { id } }`);
  await api.ask(`mutation { createApplication(input: { id: 2, name: "Wallet" }) { id } }`);
  for (const statement of rows) await api.sql(statement);
});
afterAll(() => api.close());

/** A hundred of each: campaigns with audiences and deliveries, and users with devices, profiles and notifications. */
const rows = [
  `INSERT INTO users SELECT 'user-' || n FROM generate_series(1, 100) AS n`,
  `INSERT INTO profiles (application_id, user_id, email, version)
   SELECT 1 + n % 2, 'user-' || n, n || '@example.com', gen_random_uuid() FROM generate_series(1, 100) AS n`,
  `WITH created AS (
     INSERT INTO devices (application_id, platform, token)
     SELECT 1 + n % 2, 'android', 'token-' || n FROM generate_series(1, 300) AS n RETURNING id)
   INSERT INTO activations (id, user_id, device_id, status)
   SELECT id || '', 'user-' || 1 + id % 100, id, 'ACTIVE' FROM created`,
  `WITH drafted AS (
     INSERT INTO messages (id, application_id, priority, state, content)
     SELECT gen_random_uuid(), 1 + n % 2, 'campaign', 'running', '{"title": "Hello", "silent": false}'
     FROM generate_series(1, 100) AS n RETURNING id)
   INSERT INTO campaigns (message_id, name) SELECT id, 'Campaign' FROM drafted`,
  `INSERT INTO campaign_users SELECT id, 'user-' || n FROM campaigns, generate_series(1, 5) AS n`,
  `WITH sent AS (
     INSERT INTO messages (id, application_id, priority, state, content)
     SELECT gen_random_uuid(), 1 + n % 2, 'transactional', 'running', '{"title": "Hello", "silent": false}'
     FROM generate_series(1, 300) AS n RETURNING id, application_id)
   INSERT INTO notifications (message_id, application_id, user_id)
   SELECT id, application_id, 'user-' || 1 + row_number() OVER () % 100 FROM sent`,
  `INSERT INTO deliveries (message_id, gateway, seq, device_id, state, reason)
   SELECT messages.id, 'fcm', row_number() OVER (PARTITION BY messages.id ORDER BY devices.id) - 1, devices.id, 'failed',
     'REASON-' || devices.id % 3
   FROM messages JOIN devices USING (application_id) WHERE devices.id % 10 < 4`,
  `INSERT INTO chunks (message_id, gateway, number, application_id, priority, first_seq, size, failed, state)
   SELECT message_id, gateway, 0, application_id, priority, 0, count(*), count(*), 'finished'
   FROM deliveries JOIN messages ON id = message_id GROUP BY 1, 2, 4, 5`,
];

/**
 * How many SQL statements this process sends while `work` runs: the fewest of five times, for which fields share a batch
 * depends on whose rows come first.
 */
async function statements(work: () => Promise<unknown>): Promise<number> {
  const query = jest.spyOn(Client.prototype, 'query');
  try {
    const counts: number[] = [];
    for (let n = 0; n < 5; n += 1) {
      query.mockClear();
      await work();
      counts.push(query.mock.calls.length);
    }
    return Math.min(...counts);
  } finally {
    query.mockRestore();
  }
}

const counted = 'totalCount totalCountIsExact';
const page = `(first: 1) { ${counted} }`;

/** Lists of application 3, which has ten thousand and one of each. */
const manyOfEach: { of: string; ask: string }[] = [
  { of: 'devices', ask: `devices(filter: { applicationId: 3 }, first: 1) { ${counted} }` },
  { of: 'users', ask: `users(filter: { applicationId: 3 }, first: 1) { ${counted} }` },
  { of: 'campaigns', ask: `campaigns(filter: { applicationId: 3 }, first: 1) { ${counted} }` },
  {
    of: 'notifications',
    ask: `notifications(filter: { applicationId: 3 }, first: 1) { ${counted} }`,
  },
  { of: 'the notifications of a user', ask: `user(userId: "many") { notifications${page} }` },
  { of: 'the devices of a user', ask: `user(userId: "many") { devices${page} }` },
  {
    of: 'the users of an audience',
    ask: `campaigns(filter: { applicationId: 3 }, first: 1) { edges { node { audience${page} } } }`,
  },
  {
    of: 'the deliveries of a device',
    ask: `devices(filter: { applicationId: 3 }, first: 1) { edges { node { deliveries${page} } } }`,
  },
  {
    of: 'the deliveries with a reason',
    ask: `campaigns(filter: { applicationId: 3 }, first: 1) { edges { node {
      deliveries(first: 1, reason: "GONE") { ${counted} } } } }`,
  },
];

/** Makes them; the newest campaign has every user and device, and the first device every message. */
const manyRows = [
  `INSERT INTO applications (id, name) VALUES (3, 'Many')`,
  `INSERT INTO users SELECT 'many-' || n FROM generate_series(1, 10000) AS n UNION SELECT 'many'`,
  `INSERT INTO profiles (application_id, user_id, version)
   SELECT 3, id, gen_random_uuid() FROM users WHERE id LIKE 'many%'`,
  `WITH created AS (
     INSERT INTO devices (application_id, platform, token)
     SELECT 3, 'android', 'many-' || n FROM generate_series(1, 10001) AS n RETURNING id)
   INSERT INTO activations (id, user_id, device_id, status) SELECT id || '', 'many', id, 'ACTIVE' FROM created`,
  `WITH drafted AS (
     INSERT INTO messages (id, application_id, priority, state, content)
     SELECT gen_random_uuid(), 3, 'campaign', 'running', '{"title": "Hello", "silent": false}'
     FROM generate_series(1, 10001) RETURNING id)
   INSERT INTO campaigns (message_id, name) SELECT id, 'Campaign' FROM drafted`,
  `WITH sent AS (
     INSERT INTO messages (id, application_id, priority, state, content)
     SELECT gen_random_uuid(), 3, 'transactional', 'running', '{"title": "Hello", "silent": false}'
     FROM generate_series(1, 10001) RETURNING id)
   INSERT INTO notifications (message_id, application_id, user_id) SELECT id, 3, 'many' FROM sent`,
  `INSERT INTO campaign_users
   SELECT campaigns.id, users.id FROM users, campaigns WHERE users.id LIKE 'many%' AND message_id =
     (SELECT id FROM messages WHERE application_id = 3 AND priority = 'campaign' ORDER BY created_at DESC, id DESC LIMIT 1)`,
  `INSERT INTO deliveries (message_id, gateway, seq, device_id, state)
   SELECT id, 'fcm', 0, (SELECT min(id) FROM devices WHERE application_id = 3), 'accepted'
   FROM messages WHERE application_id = 3 AND priority = 'transactional'`,
  `INSERT INTO deliveries (message_id, gateway, seq, device_id, state, reason)
   SELECT (SELECT id FROM messages WHERE application_id = 3 AND priority = 'campaign' ORDER BY created_at DESC, id DESC LIMIT 1),
     'fcm', row_number() OVER () - 1, id, 'failed', 'GONE' FROM devices WHERE application_id = 3`,
  `INSERT INTO chunks (message_id, gateway, number, application_id, priority, first_seq, size, failed, state)
   SELECT message_id, gateway, 0, 3, 'campaign', 0, count(*), count(*), 'finished'
   FROM deliveries WHERE reason = 'GONE' GROUP BY 1, 2`,
];

const NOTIFICATION = `id user { id createdAt } application { name } message { title }
  counts { total failed } reasons { reason count } deliveries(first: 3) { totalCount edges { node { id } } }`;

const DEVICE = `id application { name } activations { id user { id } device { id } } users { id }
  deliveries(first: 2) { totalCount edges { node { id sending { message { title } } } } }`;

describe('the number of SQL statements does not depend on the number of rows', () => {
  it.each<{ of: string; query: string }>([
    {
      of: 'campaigns with applications, audiences, counts, reasons and deliveries',
      query: `campaigns(first: $first) { totalCount edges { node {
        id name state users message { title } counts { total pending } reasons { state reason count }
        application { name apns { keyId } fcm { projectId } pushProfile { issuer } userKeys { id } }
        audience(first: 3) { totalCount edges { node { userId user { id } } } }
        deliveries(first: 3, state: FAILED) { totalCount edges { node { id device { token } } } }
      } } }`,
    },
    {
      of: 'devices with applications, activations, users and deliveries',
      query: `devices(first: $first) { totalCount edges { node { ${DEVICE} } } }`,
    },
    {
      of: 'users with profiles, devices and notifications',
      query: `users(first: $first) { totalCount edges { node {
        id profiles { email } devices(first: 2) { totalCount edges { node { ${DEVICE} } } }
        notifications(first: 2) { totalCount edges { node { ${NOTIFICATION} } } }
      } } }`,
    },
    {
      of: 'notifications with users, applications, counts and deliveries',
      query: `notifications(first: $first) { totalCount edges { node { ${NOTIFICATION} } } }`,
    },
  ])('for $of', async ({ query }) => {
    const list = (first: number) =>
      statements(async () => {
        const { edges } = await api.ask<{ edges: unknown[] }>(`query ($first: Int!) { ${query} }`, {
          first,
        });
        expect(edges).toHaveLength(first);
      });
    const two = await list(2);
    expect(two).toBeGreaterThan(0);
    expect(await list(20)).toBe(two);
  });

  it('for deliveries with their devices and activations', async () => {
    const list = (first: number) =>
      statements(async () => {
        const { edges } = await api.ask<{ edges: unknown[] }>(DELIVERIES, { first });
        expect(edges).toHaveLength(first);
      });
    expect(await list(5)).toBe(await list(50));
  });

  it('and nothing is counted unless it is asked for', async () => {
    const page = (selection: string) =>
      statements(() => api.ask(`{ devices(first: 1) { ${selection} } }`));
    expect(await page('totalCount edges { cursor }')).toBe(1 + (await page('edges { cursor }')));
  });
});

describe('counts', () => {
  beforeAll(async () => {
    for (const statement of manyRows) await api.sql(statement);
  });

  it('by the hundred are refused before a statement runs, whichever fragments they stand in', async () => {
    const lists = ['applications', 'devices', 'users', 'campaigns', 'notifications'];
    const fragments = lists.flatMap((list) =>
      ['a', 'b'].map((part) => {
        const counts = Array.from(
          { length: 24 },
          (_, n) => `${list}_${part}${n}: ${list} { totalCount }`,
        );
        return `fragment ${list}_${part} on Query { ${counts.join(' ')} }`;
      }),
    );
    const spreads = lists.map((list) => `...${list}_a ...${list}_b`).join(' ');
    let refusals: string[] = [];
    const sent = await statements(async () => {
      const { errors = [] } = await api.post(`{ ${spreads} } ${fragments.join(' ')}`);
      refusals = errors.map(({ extensions: { code }, message }) => `${code}: ${message}`);
    });
    expect(refusals).toEqual([expect.stringMatching(/^OPERATION_TOO_LARGE: /)]);
    expect(sent).toBe(await statements(() => api.post('{ viewer { kind } }')));
  });

  it.each(manyOfEach)('of more than ten thousand $of stop there, and say so', async ({ ask }) => {
    const list = await api.ask<object>(`{ ${ask} }`);
    expect(JSON.stringify(list)).toContain('"totalCount":10000,"totalCountIsExact":false');
  });

  it('of fewer are exact, and both fields are one count', async () => {
    const few = (selection: string) =>
      `{ devices(filter: { applicationId: 2 }, first: 1) { ${selection} } }`;
    const both = few('totalCount totalCountIsExact');
    expect(await api.ask(both)).toEqual({ totalCount: 150, totalCountIsExact: true });
    expect(await statements(() => api.post(both))).toBe(
      await statements(() => api.post(few('totalCount'))),
    );
  });
});

describe('an answer', () => {
  it('of more than 4 MiB, asked for by a short text, is refused', async () => {
    await api.sql(
      `UPDATE messages SET content = jsonb_build_object('title', 'T', 'body', repeat('ü', 2000), 'silent', false)
       WHERE application_id = 3 AND priority = 'campaign'`,
    );
    const bodies = (first: number) =>
      api.post(`{ campaigns(filter: { applicationId: 3 }, first: ${first}) { edges { node {
        a: message { body } b: message { body } c: message { body } } } } }`);
    expect((await bodies(100)).errors).toBeUndefined();
    expect(await bodies(500)).toEqual({
      data: null,
      errors: [
        { message: expect.any(String) as string, extensions: { code: 'RESPONSE_TOO_LARGE' } },
      ],
    });
  });
});

describe('while requests use all connections', () => {
  it('readiness is answered on a connection of its own', async () => {
    const pool = app.get(DataSource);
    const runners = Array.from({ length: 10 }, () => pool.createQueryRunner());
    try {
      for (const runner of runners) await runner.connect();
      let ready: unknown;
      await until(async () => {
        const response = await api.fetch('/readyz');
        ready = { status: response.status, body: await response.json() };
        return response.status === 200;
      });
      expect(ready).toEqual({
        status: 200,
        body: { status: 'ok', database: 'ok', queue: 'ok', jobs: 'ok' },
      });
    } finally {
      for (const runner of runners) await runner.release();
    }
  });
});

describe('a statement that takes longer than it may', () => {
  it('is ended, with an error that says so, and nothing is done', async () => {
    const lock = new Client({ connectionString: api.databaseUrl });
    await lock.connect();
    try {
      await lock.query('BEGIN; LOCK TABLE devices');
      const { errors } = await api.post('{ devices { edges { cursor } } }');
      expect(errors).toMatchObject([{ extensions: { code: 'STATEMENT_TIMEOUT' } }]);
      const register = await api.post(
        'mutation { registerDevice(input: { applicationId: 1, platform: IOS, token: "00", userId: "slow" }) { id } }',
      );
      expect(register.errors).toMatchObject([{ extensions: { code: 'STATEMENT_TIMEOUT' } }]);
    } finally {
      await lock.end();
    }
    expect(await api.sql(`SELECT id FROM users WHERE id = 'slow'`)).toEqual([]);
    expect((await api.post('{ devices { edges { cursor } } }')).errors).toBeUndefined();
  });
});

const DELIVERIES = `query ($first: Int!) {
  deliveries(filter: { campaignId: 1 }, first: $first) {
    edges { node { id device { token application { name } activations { userId } } } }
  }
}`;
