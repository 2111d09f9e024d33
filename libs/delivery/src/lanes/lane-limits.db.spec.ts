import { Actor, type Permission } from '@app/core';
import { LaneLimits, Lanes } from '@app/delivery';
import { Carillon, tester } from '@app/testing/harness';

const clientWith = (permissions: Permission[], applicationIds?: number[]) =>
  new Actor({ kind: 'client', id: 'crm', permissions, applicationIds, address: '192.0.2.7' });

describe('the limits of an application', () => {
  let carillon: Carillon;
  let limits: LaneLimits;
  let mine: number;
  let other: number;

  beforeAll(async () => {
    carillon = await Carillon.start();
    limits = carillon.get(LaneLimits);
  });
  afterAll(() => carillon.close());
  beforeEach(async () => {
    mine = await carillon.createApplication();
    other = await carillon.createApplication();
    await carillon.sql('TRUNCATE audit_events');
  });

  const events = () =>
    carillon.sql(
      `SELECT actor_kind, actor_id, address, action, target, application_id, before, after
       FROM audit_events ORDER BY id`,
    );

  it('are the gateways’ own until others are set', async () => {
    await limits.set(tester, mine, { apnsPerSecond: 7 });
    expect(await limits.of([mine, other])).toEqual(
      new Map([
        [mine, { apnsPerSecond: 7, fcmPerSecond: 9_500 }],
        [other, { apnsPerSecond: 0, fcmPerSecond: 9_500 }],
      ]),
    );
  });

  it('are set by who may write the application', async () => {
    const set = (actor: Actor, id: number) => limits.set(actor, id, { apnsPerSecond: 7 });
    const forbidden = { code: 'FORBIDDEN', permission: 'applications:write' };
    const others = clientWith(['applications:read', 'credentials:write']);
    await expect(set(others, mine)).rejects.toMatchObject(forbidden);
    const elsewhere = clientWith(['applications:write'], [other]);
    const missing = { code: 'APPLICATION_NOT_FOUND' };
    await expect(set(elsewhere, mine)).rejects.toMatchObject(missing);
    await expect(set(elsewhere, 999_999)).rejects.toMatchObject(missing);
    await expect(set(clientWith(['applications:write']), 999_999)).rejects.toMatchObject(missing);
    expect(await events()).toEqual([]);

    await set(clientWith(['applications:write'], [mine]), mine);
    await set(clientWith(['applications:write']), other);
  });

  it('leave a trace of what changed, and of nothing else', async () => {
    const actor = clientWith(['applications:write']);
    await limits.set(actor, mine, { fcmPerSecond: 9_500 });
    await limits.set(actor, mine, {});
    expect(await events()).toEqual([]);

    await limits.set(actor, mine, { apnsPerSecond: 7, fcmPerSecond: 9_500 });
    expect(await events()).toEqual([
      {
        ...{ actor_kind: 'client', actor_id: 'crm', address: '192.0.2.7' },
        ...{ target: `application:${mine}`, application_id: mine, action: 'application.limits' },
        ...{ before: { apnsPerSecond: 0 }, after: { apnsPerSecond: 7 } },
      },
    ]);
  });

  it('show no lane to anybody before it is used', async () => {
    const lanes = carillon.get(Lanes);
    await limits.set(tester, mine, { apnsPerSecond: 7 });
    expect(await lanes.used([mine])).toEqual([]);
    await carillon.sql(
      `INSERT INTO messages (id, application_id, priority, state, content)
       VALUES (gen_random_uuid(), $1, 'campaign', 'running', '{}')`,
      [mine],
    );
    const [message] = await carillon.sql<{ id: string }>(
      'SELECT id FROM messages WHERE application_id = $1',
      [mine],
    );
    await lanes.lease({
      ...{ applicationId: mine, gateway: 'apns', priority: 'campaign', wanted: 1 },
      ...{ messageId: message?.id ?? '', version: message?.id ?? '', perSecond: 7 },
    });
    expect(await lanes.used([mine])).toMatchObject([{ gateway: 'apns', perSecond: 7 }]);
  });
});
