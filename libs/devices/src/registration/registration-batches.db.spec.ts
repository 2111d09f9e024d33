import { Actor } from '@app/core';
import { DevicesService, type Registration, storeRegistrations } from '@app/devices';
import { DataSource } from 'typeorm';
import { Carillon } from '@app/testing/harness';

let carillon: Carillon;
let devices: DevicesService;
let applicationId: number;
let nextToken = 0;
beforeAll(async () => {
  carillon = await Carillon.start();
  devices = carillon.get(DevicesService);
});
beforeEach(async () => {
  applicationId = await carillon.createApplication();
});
afterAll(() => carillon.close());

const clientOf = (id: string, address: string) =>
  new Actor({ kind: 'client', id, permissions: ['devices:write'], address });
const ann = clientOf('ann', '192.0.2.1');
const ben = clientOf('ben', '192.0.2.2');
const android = (token: string, userId?: string): Registration => ({
  applicationId,
  platform: 'android',
  token,
  ...(userId !== undefined && { registrant: { userId } }),
});

/** Registers all at the same time, behind others that the server is still busy with. */
async function together(registrations: readonly (readonly [Actor, Registration])[]) {
  const busy = [1, 2].map(() => devices.register(ann, android(`before-${nextToken++}`)));
  const outcomes = await Promise.allSettled(
    registrations.map(([actor, registration]) => devices.register(actor, registration)),
  );
  await Promise.all(busy);
  return outcomes;
}

/** What is left of a registration: the device, who uses it, and the trail. */
const leftOf = (token: string) =>
  carillon.sql(
    `SELECT platform, retired_reason,
       (SELECT json_agg(json_build_array(id = device_id || ':' || user_id, user_id, status) ORDER BY user_id)
        FROM activations WHERE device_id = devices.id) AS users,
       (SELECT json_agg(json_build_array(actor_id, address, action, before, after) ORDER BY id)
        FROM audit_events WHERE target = 'device:' || devices.id) AS events
     FROM devices WHERE token = $1 AND application_id = $2`,
    [token, applicationId],
  );

const retire = (token: string) =>
  carillon.sql(
    `UPDATE devices SET retired_at = now(), retired_reason = 'Unregistered' WHERE token = $1`,
    [token],
  );

describe('a registration among others leaves what one of its own leaves', () => {
  it.each<{ of: string; steps: (token: string) => (readonly [Actor, Registration])[] }>([
    { of: 'a new device of a user', steps: (token) => [[ann, android(token, 'zoë')]] },
    { of: 'a new device of nobody', steps: (token) => [[ann, android(token)]] },
    {
      of: 'the same again, by another',
      steps: (token) => [
        [ann, android(token, 'zoë')],
        [ben, android(token, 'zoë')],
      ],
    },
    {
      of: 'a second user of one device',
      steps: (token) => [
        [ann, android(token, 'zoë')],
        [ben, android(token, 'yan')],
      ],
    },
    {
      of: 'a token that is of another platform now',
      steps: (token) => [
        [ann, android(token.padEnd(64, '0'), 'zoë')],
        [ben, { ...android(token.padEnd(64, '0'), 'zoë'), platform: 'ios' }],
      ],
    },
    {
      of: 'a device that was retired',
      steps: (token) => [
        [ann, android(token, 'zoë')],
        [ben, android(token, 'zoë')],
      ],
    },
  ])('$of', async ({ of, steps }) => {
    const left: unknown[] = [];
    for (const isTogether of [false, true]) {
      const started = steps(`0${(nextToken++).toString(16)}`);
      const token = started[0]?.[1].token ?? '';
      for (const [actor, registration] of started) {
        if (of.includes('retired')) await retire(token);
        const others = [0, 1, 2].map(() => [ben, android(`other-${nextToken++}`, 'xi')] as const);
        if (isTogether) await together([...others, [actor, registration], ...others.slice(1)]);
        else await devices.register(actor, registration);
      }
      left.push(await leftOf(token));
    }
    expect(left[1]).toEqual(left[0]);
    expect(left[1]).toHaveLength(1);
  });
});

describe('registrations that come together', () => {
  it('are one transaction, and each is answered its own device', async () => {
    const tokens = Array.from({ length: 50 }, () => `t-${nextToken++}`);
    const outcomes = await together(tokens.map((token) => [ann, android(token, 'zoë')] as const));
    expect(outcomes.map((one) => one.status === 'fulfilled' && one.value.token)).toEqual(tokens);
    const [row] = await carillon.sql(
      `SELECT count(*)::int AS devices, count(DISTINCT registered_at)::int AS transactions
       FROM devices WHERE token = ANY ($1)`,
      [tokens],
    );
    expect(row).toEqual({ devices: 50, transactions: 1 });
  });

  it('are refused each for itself', async () => {
    const [good, bad] = [`t-${nextToken++}`, `t-${nextToken++}`];
    const elsewhere = { ...android(bad, 'zoë'), applicationId: 999_999 };
    const limited = new Actor({
      ...{ kind: 'client', id: 'cid', permissions: ['devices:write'] },
      applicationIds: [999_999],
    });
    const outcomes = await together([
      [ann, android(good, 'zoë')],
      [ann, elsewhere],
      [limited, android(bad, 'zoë')],
      [ann, android(bad, 'half \ud800')],
    ]);
    expect(outcomes).toMatchObject([
      { status: 'fulfilled', value: { token: good } },
      { reason: { code: 'APPLICATION_NOT_FOUND' } },
      { reason: { code: 'APPLICATION_NOT_FOUND' } },
      { reason: { code: 'INVALID_DEVICE' } },
    ]);
    expect(await leftOf(bad)).toEqual([]);
  });

  it('are all refused when there is no such application', async () => {
    const outcomes = await together(
      Array.from({ length: 5 }, () => {
        const registration = android(`t-${nextToken++}`, 'nobody yet');
        return [ann, { ...registration, applicationId: 999_999 }] as const;
      }),
    );
    const codes = outcomes.map((one) => one.status === 'rejected' && (one.reason as Error).name);
    expect(new Set(codes)).toEqual(new Set(['ApplicationNotFoundError']));
    expect(await carillon.sql(`SELECT id FROM users WHERE id = 'nobody yet'`)).toEqual([]);
  });

  it.each([
    { what: 'with others', others: 10 },
    { what: 'alone', others: 0 },
  ])('$what do not hinder the removal of their application', async ({ others }) => {
    const known = Array.from({ length: others }, () => `t-${nextToken++}`);
    await together(known.map((token) => [ann, android(token, 'zoë')] as const));
    const registered = await carillon.get(DataSource).transaction(async (manager) => {
      await manager.query('SELECT FROM applications WHERE id = $1 FOR UPDATE', [applicationId]);
      const tokens = [...known, `t-${nextToken++}`];
      const outcomes = Promise.allSettled(
        tokens.map((token) => devices.register(ann, android(token))),
      );
      await carillon.until(async () => {
        const waiting = `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`;
        return (await carillon.sql(waiting)).length > 0;
      });
      await manager.query('DELETE FROM applications WHERE id = $1', [applicationId]);
      return { outcomes };
    });
    // The first two came while nothing else did: each was stored at once.
    expect((await registered.outcomes).slice(others === 0 ? 0 : 2)).toMatchObject(
      Array(Math.max(others - 1, 1)).fill({ reason: { code: 'APPLICATION_NOT_FOUND' } }),
    );
  });

  it('survive that others lock the same devices in another order', async () => {
    const tokens = Array.from({ length: 30 }, () => `t-${nextToken++}`);
    const list = (order: readonly string[]) =>
      order.map((token) => [ann, android(token, `user-of-${token}`)] as const);
    const outcomes = await Promise.all(
      Array.from({ length: 10 }, (_, n) =>
        together(list(n % 2 === 0 ? tokens : tokens.toReversed())),
      ),
    );
    expect(outcomes.flat().filter(({ status }) => status === 'rejected')).toEqual([]);
    for (const token of tokens) {
      expect(await leftOf(token)).toMatchObject([
        { users: [[true, `user-of-${token}`, 'ACTIVE']] },
      ]);
    }
  });
});

it('a registration of its own is planned once, whatever the size of the tables', async () => {
  await carillon.sql(
    `WITH person AS (INSERT INTO users SELECT 'known-' || n FROM generate_series(1, 20000) AS n RETURNING id),
       device AS (
         INSERT INTO devices (application_id, platform, token) SELECT $1, 'android', id FROM person RETURNING id, token)
     INSERT INTO activations (id, user_id, status, device_id) SELECT token, token, 'ACTIVE', id FROM device`,
    [applicationId],
  );
  await carillon.sql('ANALYZE users, devices, activations');
  const plans = await carillon.get(DataSource).transaction(async (manager) => {
    for (let n = 0; n < 20; n++) {
      const one = { platform: 'android', token: `t-${nextToken++}`, userId: 'zoë' } as const;
      const bounds = { devicesPerUser: 30 };
      await storeRegistrations(manager, applicationId, [{ actor: ann, ...one }], bounds);
    }
    return manager.query<unknown[]>(
      `SELECT custom_plans < 10 AS "areKept" FROM pg_prepared_statements WHERE statement LIKE '%AS "isPaired"%'`,
    );
  });
  expect(plans).toEqual([{ areKept: true }]);
});
