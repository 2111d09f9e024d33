import {
  type AddressedNotification,
  type NotificationInput,
  NotificationsService,
} from '@app/campaigns';
import { Actor, UnitsOfWork } from '@app/core';
import { Carillon } from '@app/testing/harness';
import { DataSource } from 'typeorm';
import { storeNotificationsStatement } from './notification.statements';

const crm = new Actor({
  ...{ kind: 'client', id: 'crm', permissions: ['messages:send'], address: '192.0.2.1' },
});

describe('notifications that come at the same time', () => {
  let carillon: Carillon;
  let notifications: NotificationsService;
  let applicationId: number;
  let other: number;

  beforeAll(async () => {
    carillon = await Carillon.start();
    notifications = carillon.get(NotificationsService);
    applicationId = await carillon.createApplication();
    other = await carillon.createApplication();
    await carillon.sql(`INSERT INTO users VALUES ('ann'), ('ben'), ('cleo'), ('dan'), ('nobody')`);
    await carillon.sql(
      `INSERT INTO devices (id, application_id, platform, token, retired_at) VALUES
         (1, $1, 'ios', 'a', NULL), (2, $1, 'android', 'b', NULL), (3, $1, 'android', 'c', NULL),
         (4, $1, 'ios', 'd', now()), (5, $2, 'ios', 'e', NULL), (6, $1, 'ios', 'f', NULL), (7, $1, 'android', 'g', NULL)`,
      [applicationId, other],
    );
    await carillon.sql(
      `INSERT INTO activations (id, user_id, device_id, status) VALUES
         ('phone', 'ann', 1, 'ACTIVE'), ('tablet', 'ann', 2, 'ACTIVE'), ('old tablet', 'ann', 3, 'BLOCKED'),
         ('retired', 'ann', 4, 'ACTIVE'), ('elsewhere', 'ann', 5, 'ACTIVE'), ('lost', 'ann', 6, 'REMOVED'),
         ('twice', 'ben', 1, 'BLOCKED'), ('twice again', 'ben', 1, 'ACTIVE'), ('nowhere', 'ben', NULL, 'ACTIVE'),
         ('blocked', 'cleo', 7, 'BLOCKED'), ('removed', 'dan', 7, 'REMOVED')`,
    );
  });
  afterAll(() => carillon.close());
  beforeEach(() => carillon.sql('TRUNCATE audit_events, messages, deliveries CASCADE'));

  const to = (userId: string, changes: Partial<NotificationInput> = {}): NotificationInput => ({
    applicationId,
    userId,
    content: { title: 'Your code', silent: false },
    personal: false,
    ...changes,
  });
  const notify = (input: AddressedNotification) => notifications.notify(crm, input);

  /** Sends all at once, behind others that the server is still busy with. */
  async function together(inputs: readonly NotificationInput[]) {
    const busy = [1, 2].map(() => notify(to('busy')));
    const outcomes = await Promise.allSettled(inputs.map(notify));
    await Promise.all(busy);
    await carillon.sql(
      `DELETE FROM messages USING notifications WHERE message_id = id AND user_id = 'busy'`,
    );
    return outcomes;
  }

  /** All that there is of notifications to a user. */
  const leftOf = (userId: string) =>
    carillon.sql(
      `SELECT state, personal, content, completed_at IS NULL AS pending, launched_at = messages.created_at AS launched,
         activation_id, notifications.created_at = messages.created_at AS placed,
         (SELECT json_agg(json_build_array(gateway, seq, device_id, state, reason, finished_at IS NULL) ORDER BY gateway, seq)
          FROM deliveries WHERE message_id = id) AS deliveries,
         (SELECT json_agg(json_build_array(gateway, number, chunks.application_id, priority, first_seq, size, skipped,
            state = 'finished') ORDER BY gateway) FROM chunks WHERE message_id = id) AS chunks,
         (SELECT json_agg(json_build_array(actor_id, address, action, audit_events.application_id, before, after))
          FROM audit_events WHERE target = 'notification:' || messages.id) AS events
       FROM messages JOIN notifications ON message_id = id WHERE user_id = $1`,
      [userId],
    );

  const apns = [1];
  const fcm = [2, 3];
  it.each<{
    what: string;
    input: () => NotificationInput;
    pending?: Partial<Record<'apns' | 'fcm', number[]>>;
    skipped?: Partial<Record<'apns' | 'fcm', number[]>>;
  }>([
    { what: 'to several devices', input: () => to('ann'), pending: { apns, fcm } },
    { what: 'to a device that the user has twice', input: () => to('ben'), pending: { apns } },
    { what: 'to a user without devices', input: () => to('nobody') },
    { what: 'to a user who is not known', input: () => to('nemo') },
    { what: 'to one whose activation is removed', input: () => to('dan') },
    {
      what: 'that is personal and skips what is not active',
      input: () => to('ann', { personal: true }),
      pending: { apns, fcm: [2] },
      skipped: { fcm: [3] },
    },
    {
      what: 'that is personal and skips all',
      input: () => to('cleo', { personal: true }),
      skipped: { fcm: [7] },
    },
    {
      what: 'that is personal to a device with one active activation',
      input: () => to('ben', { personal: true }),
      pending: { apns },
    },
    {
      what: 'to one activation',
      input: () => to('ann', { activationId: 'tablet' }),
      pending: { fcm: [2] },
    },
    { what: 'to an activation of another user', input: () => to('ann', { activationId: 'twice' }) },
    {
      what: 'to one in another application',
      input: () => to('ann', { activationId: 'elsewhere' }),
    },
    { what: 'to a retired device', input: () => to('ann', { activationId: 'retired' }) },
  ])('leave, $what, what one of its own leaves', async ({ input, pending = {}, skipped = {} }) => {
    const { activationId = null, personal, content, userId } = input();
    await notify(input());
    const alone = await leftOf(userId);
    await carillon.sql('TRUNCATE audit_events, messages, deliveries CASCADE');
    await together(
      [to('ben'), to('ann', { activationId: 'phone' }), to('nobody')]
        .filter((one) => one.userId !== userId)
        .concat(input()),
    );
    expect(await leftOf(userId)).toEqual(alone);

    const gateways = (['apns', 'fcm'] as const).filter((one) => pending[one] ?? skipped[one]);
    const isPending = Object.keys(pending).length > 0;
    const deliveries = gateways.flatMap((gateway) => {
      const ids = [...(pending[gateway] ?? []), ...(skipped[gateway] ?? [])];
      return ids.map((id, seq) =>
        pending[gateway]?.includes(id) === true
          ? [gateway, seq, id, 'pending', null, true]
          : [gateway, seq, id, 'skipped', 'ACTIVATION_NOT_ACTIVE', false],
      );
    });
    const chunks = gateways.map((gateway) => {
      const [sent, left] = [pending[gateway]?.length ?? 0, skipped[gateway]?.length ?? 0];
      return [gateway, 0, applicationId, 'transactional', 0, sent + left, left, sent === 0];
    });
    expect(alone).toEqual([
      {
        state: isPending ? 'running' : 'completed',
        ...{ personal, content, pending: isPending, launched: true, placed: true },
        activation_id: activationId,
        deliveries: deliveries.length > 0 ? deliveries : null,
        chunks: chunks.length > 0 ? chunks : null,
        events: [['crm', '192.0.2.1', 'notification.send', applicationId, null, { userId }]],
      },
    ]);
  });

  const transactions = async () =>
    (
      await carillon.sql<{ count: number }>(
        `SELECT count(DISTINCT xmin::text)::int FROM (
           SELECT xmin FROM messages UNION ALL SELECT xmin FROM notifications UNION ALL SELECT xmin FROM deliveries
           UNION ALL SELECT xmin FROM audit_events) AS written`,
      )
    )[0]?.count;

  it('are stored in one transaction, as a single one is', async () => {
    await notify(to('ann'));
    expect(await transactions()).toBe(1);
    await Promise.all(Array.from({ length: 50 }, () => notify(to('ann'))));
    expect(await transactions()).toBe(2);
  });

  it('go to the same user as often as he is named', async () => {
    await together([to('ben'), to('ben'), to('ben')]);
    expect(await leftOf('ben')).toHaveLength(3);
    const devices = await carillon.sql('SELECT FROM deliveries WHERE device_id = 1');
    expect(devices).toHaveLength(3);
  });

  it('are answered each with its own, a thousand at once, and a thousand in a list in its order', async () => {
    const inputs = Array.from({ length: 1_000 }, (_, n) => to(`user-${n}`));
    const wanted = inputs.map(({ userId }) => userId);
    const single = await Promise.all(inputs.map(notify));
    const listed = await notifications.notifyMany(crm, inputs);
    for (const sent of [single, listed]) {
      expect(sent.map(({ userId }) => userId)).toEqual(wanted);
      expect(new Set(sent.map(({ id }) => id)).size).toBe(1_000);
    }
    const events = await carillon.sql<{ target: string }>(
      'SELECT target FROM audit_events ORDER BY id DESC LIMIT 1000',
    );
    expect(events.map(({ target }) => target).reverse()).toEqual(
      listed.map(({ id }) => `notification:${id}`),
    );
  });

  it('are refused each for itself', async () => {
    const bad: Partial<NotificationInput>[] = [
      { userId: '' },
      { content: { badge: -1, silent: false } },
      { applicationId: 999_999 },
      { applicationId: 3_000_000_000 },
      { applicationId: 999_999, userId: '' },
      // PostgreSQL itself refuses it; edges do before.
      { activationId: 'half\0' },
    ];
    const refusals: unknown[] = [];
    for (const one of bad) {
      refusals.push(await notify(to('ann', one)).catch((error: unknown) => error));
    }
    expect(refusals).toMatchObject([
      { code: 'INVALID_DEVICE', field: 'userId' },
      { code: 'INVALID_MESSAGE', field: 'badge' },
      { code: 'APPLICATION_NOT_FOUND' },
      { code: 'APPLICATION_NOT_FOUND' },
      { code: 'APPLICATION_NOT_FOUND' },
      { code: '22021' },
    ]);
    const outcomes = await together([to('ann'), ...bad.map((one) => to('ann', one)), to('ben')]);
    expect(outcomes.slice(1, -1)).toEqual(
      refusals.map((reason) => ({ status: 'rejected', reason })),
    );
    expect([outcomes[0], outcomes.at(-1)]).toMatchObject([
      { value: { userId: 'ann' } },
      { value: { userId: 'ben' } },
    ]);
    expect([await leftOf('ann'), await leftOf('ben')].map(({ length }) => length)).toEqual([1, 1]);
  });

  it('are sent all or none where they come in one list, and what is wrong has its place', async () => {
    const lists: [AddressedNotification[], object][] = [
      [[to('ann'), to('')], { code: 'INVALID_DEVICE', field: '1.userId' }],
      [[to('ann'), to('ben', { applicationId: 999_999 })], { code: 'APPLICATION_NOT_FOUND' }],
      [[to('ben', { applicationId: other }), to('ann', { activationId: 'half\0' })], {}],
    ];
    const fine = [to('ann', { applicationId: other }), to('ben')];
    const busy = [1, 2].map(() => notify(to('busy')));
    const outcomes = await Promise.allSettled([
      ...lists.map(([list]) => notifications.notifyMany(crm, list)),
      notifications.notifyMany(crm, fine),
      notifications.notifyMany(crm, [to('cleo'), to('cleo')]),
    ]);
    await Promise.all(busy);
    for (const [place, [, reason]] of lists.entries()) {
      expect(outcomes[place]).toMatchObject({ status: 'rejected', reason });
    }
    expect(outcomes.slice(lists.length)).toMatchObject([
      {
        value: [
          { userId: 'ann', applicationId: other },
          { userId: 'ben', applicationId },
        ],
      },
      { value: [{ userId: 'cleo' }, { userId: 'cleo' }] },
    ]);
    const left = await Promise.all(['ann', 'ben', 'cleo'].map(leftOf));
    expect(left.map(({ length }) => length)).toEqual([1, 1, 2]);
  });

  it('do not hinder the removal of their application, nor does it hinder those of another', async () => {
    const gone = await carillon.createApplication();
    const outcomes = await carillon.get(DataSource).transaction(async (manager) => {
      await manager.query('SELECT FROM applications WHERE id = $1 FOR UPDATE', [gone]);
      const late = Array.from({ length: 20 }, () => to('ann', { applicationId: gone }));
      const waiting = Promise.allSettled(late.map(notify));
      expect(await Promise.all(Array.from({ length: 20 }, () => notify(to('ben'))))).toHaveLength(
        20,
      );
      await manager.query('DELETE FROM applications WHERE id = $1', [gone]);
      return { waiting };
    });
    const codes = (await outcomes.waiting).map(
      (one) => one.status === 'rejected' && (one.reason as { code: string }).code,
    );
    expect(new Set(codes)).toEqual(new Set(['APPLICATION_NOT_FOUND']));
    expect(await leftOf('ann')).toEqual([]);
  });

  it('look up their users one by one, whatever PostgreSQL believes of the tables', async () => {
    const large = await carillon.createApplication();
    // As before an import, of which no statistics tell.
    for (const table of ['users', 'devices', 'activations']) await carillon.sql(`ANALYZE ${table}`);
    await carillon.sql(`SELECT setval('devices_id_seq', 1000)`);
    await carillon.createDevices(large, 20_000);
    const nothing = Array.from({ length: 12 }, () => '{}');
    const plan = await carillon.sql<Record<string, string>>(
      `EXPLAIN ${storeNotificationsStatement}`,
      nothing,
    );
    const text = plan.flatMap((row) => Object.values(row)).join('\n');
    expect(text).toContain('activations_user_idx');
    expect(text).toContain('devices_pkey');
    expect(text).not.toMatch(/Seq Scan on (activations|devices)/);
  });

  it('share no transaction with one that belongs to a unit of work', async () => {
    const units = carillon.get(UnitsOfWork);
    const undone = (userId: string) =>
      units.scope(async () => {
        const unit = await units.begin();
        await notify(to(userId));
        await unit.rollback();
      });
    await Promise.all([undone('ann'), together([to('ben'), to('ben')]), undone('ann')]);
    expect([await leftOf('ann'), await leftOf('ben')].map(({ length }) => length)).toEqual([0, 2]);
  });
});
