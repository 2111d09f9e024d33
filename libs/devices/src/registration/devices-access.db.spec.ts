import { setImmediate } from 'node:timers/promises';
import { Actor, type ActorKind, type Permission } from '@app/core';
import { type ActivationInput, ActivationsService, DevicesService } from '@app/devices';
import { DataSource } from 'typeorm';
import { Carillon, tester } from '@app/testing/harness';

import { registerList } from './bulk-registration';

const token = 'ab'.repeat(32);

const clientWith = (permissions: Permission[], applicationIds?: number[]) =>
  new Actor({ kind: 'client', id: 'crm', permissions, applicationIds, address: '192.0.2.7' });

describe('devices and activations', () => {
  let carillon: Carillon;
  let devices: DevicesService;
  let activations: ActivationsService;
  let mine: number;
  let other: number;

  beforeAll(async () => {
    carillon = await Carillon.start({}, { POWERAUTH_MULTIPLE_ACTIVATIONS: 'true' });
    devices = carillon.get(DevicesService);
    activations = carillon.get(ActivationsService);
    mine = await carillon.createApplication();
    other = await carillon.createApplication();
  });
  afterAll(() => carillon.close());
  beforeEach(() => carillon.sql('TRUNCATE devices, activations, users, audit_events CASCADE'));

  const ios = (applicationId: number) => ({ applicationId, platform: 'ios', token }) as const;
  const ann = (activationId: string): ActivationInput => ({
    activationId,
    userId: 'ann',
    status: 'ACTIVE',
  });
  const user = (id: string, kind: ActorKind = 'user') =>
    new Actor({ kind, id, applicationIds: [mine] });
  const events = () =>
    carillon.sql(
      `SELECT actor_kind, actor_id, address, action, target, application_id, before, after
       FROM audit_events ORDER BY id`,
    );
  const forget = () => carillon.sql('TRUNCATE audit_events');

  it.each<[string, (actor: Actor) => Promise<unknown>]>([
    ['register a device', (actor) => devices.register(actor, ios(mine))],
    [
      'register a device for a user',
      (actor) => devices.register(actor, { ...ios(mine), registrant: { userId: 'ann' } }),
    ],
    [
      'register a device for an activation',
      (actor) => activations.registerDevice(actor, { ...ios(mine), activationId: 'a' }),
    ],
    [
      'register a device for several activations',
      (actor) => activations.registerSharedDevice(actor, { ...ios(mine), activationIds: ['a'] }),
    ],
    ['remove a device', (actor) => devices.remove(actor, mine, 'ios', token)],
    ['remove a token', (actor) => devices.removeToken(actor, mine, token)],
  ])('to %s wants devices:write for its application', async (_, ask) => {
    await activations.register(tester, { ...ann('a'), applicationId: mine });
    await forget();
    const forbidden = { code: 'FORBIDDEN', permission: 'devices:write' };
    for (const actor of [
      clientWith(['devices:read']),
      user('bob'),
      new Actor({ kind: 'anonymous', id: '' }),
    ]) {
      if (actor.kind === 'user' && ask.toString().includes('devices.remove(')) continue;
      await expect(ask(actor)).rejects.toMatchObject(forbidden);
    }
    await expect(ask(clientWith(['devices:write'], [other]))).rejects.toMatchObject({
      code: 'APPLICATION_NOT_FOUND',
    });
    expect(await events()).toEqual([]);
    expect(await carillon.sql('SELECT FROM devices')).toHaveLength(0);
    await ask(clientWith(['devices:write'], [mine]));
    await ask(clientWith(['devices:write']));
  });

  it.each<[string, (actor: Actor, id: string) => Promise<unknown>]>([
    ['change the status of', (actor, id) => activations.updateStatus(actor, id, 'BLOCKED')],
    [
      'move to another application',
      (actor, id) => devices.register(actor, { ...ios(other), registrant: { activationId: id } }),
    ],
    [
      'register a device for',
      (actor, id) => activations.registerDevice(actor, { ...ios(other), activationId: id }),
    ],
    [
      'share',
      (actor, id) =>
        activations.registerSharedDevice(actor, { ...ios(other), activationIds: [id] }),
    ],
  ])('to %s an activation out of reach answers as for one that is not there', async (_, ask) => {
    await expect(ask(clientWith(['devices:read']), 'a')).rejects.toMatchObject({
      code: 'FORBIDDEN',
    });
    await activations.register(tester, ann('a'));
    const { id } = await activations.registerDevice(tester, { ...ios(mine), activationId: 'a' });
    await forget();

    const answer = async (activationId: string) => {
      const asked = ask(clientWith(['devices:write'], [other]), activationId);
      const [{ reason, ...settled }] = (await Promise.allSettled([asked])) as [
        { status: string; reason?: Error },
      ];
      return { ...settled, says: reason?.message.replace(` ${activationId},`, ' X,') };
    };
    expect(await answer('a')).toEqual(await answer('unheard-of'));
    expect(await devices.activationsOf(tester, [id])).toMatchObject([
      { id: 'a', userId: 'ann', status: 'ACTIVE' },
    ]);
    expect(await carillon.sql('SELECT FROM devices')).toHaveLength(1);
    expect(await events()).toEqual([]);
    await ask(clientWith(['devices:write'], [mine, other]), 'a');
    expect(await events()).toHaveLength(1);
  });

  it('to register an activation again wants reach to the device that it has', async () => {
    await activations.register(tester, ann('a'));
    const { id } = await activations.registerDevice(tester, { ...ios(mine), activationId: 'a' });
    const bobs = { ...ann('a'), userId: 'bob' };
    await expect(
      activations.register(clientWith(['devices:write'], [other]), bobs),
    ).rejects.toMatchObject({ code: 'ACTIVATION_NOT_FOUND' });
    expect(await devices.activationsOf(tester, [id])).toMatchObject([{ userId: 'ann' }]);
    await activations.register(clientWith(['devices:write'], [mine]), bobs);
    expect(await devices.activationsOf(tester, [id])).toMatchObject([{ userId: 'bob' }]);
  });

  describe('an activation without a device', () => {
    const crm = () => clientWith(['devices:write'], [mine]);
    const mallory = () => clientWith(['devices:write'], [other]);
    const notThere = /There is no activation a|The activation is not known|are not registered/;
    const known = (id: string) =>
      carillon.sql('SELECT user_id, status FROM activations WHERE id = $1', [id]);
    const attachments: [string, (actor: Actor, applicationId: number) => Promise<unknown>][] = [
      [
        'by id',
        (actor, applicationId) =>
          devices.register(actor, { ...ios(applicationId), registrant: { activationId: 'a' } }),
      ],
      [
        'as a PowerAuth device',
        (actor, applicationId) =>
          activations.registerDevice(actor, { ...ios(applicationId), activationId: 'a' }),
      ],
      [
        'as a shared device',
        (actor, applicationId) =>
          activations.registerSharedDevice(actor, { ...ios(applicationId), activationIds: ['a'] }),
      ],
      [
        'in a list',
        async (actor, applicationId) => {
          const { platform } = ios(applicationId);
          const outcomes = await carillon
            .get(DataSource)
            .transaction((manager) =>
              registerList(
                actor,
                applicationId,
                [{ platform, token, activationId: 'a' }],
                manager,
                30,
              ),
            );
          for (const outcome of outcomes) if ('error' in outcome) throw outcome.error;
        },
      ],
    ];

    it.each(attachments)('gets one %s where it was made known', async (_, attach) => {
      await activations.register(crm(), ann('a'));
      await expect(attach(mallory(), other)).rejects.toThrow(notThere);
      expect(await carillon.sql('SELECT FROM devices')).toHaveLength(0);
      await attach(crm(), mine);
    });

    it.each(attachments)('gets one %s where it had one', async (_, attach) => {
      await activations.register(tester, ann('a'));
      await attach(tester, mine);
      await devices.removeToken(tester, mine, token);
      await expect(attach(mallory(), other)).rejects.toThrow(notThere);
      await attach(tester, other);
      await devices.removeToken(tester, other, token);
      await attach(mallory(), other);
    });

    it.each(attachments)('gets one %s where it was said to be', async (_, attach) => {
      await activations.register(tester, { ...ann('a'), applicationId: mine });
      await expect(attach(mallory(), other)).rejects.toThrow(notThere);
      await attach(crm(), mine);
    });

    it.each(attachments)(
      'gets one %s by those of all applications alone when it was made known for none',
      async (_, attach) => {
        await activations.register(tester, ann('a'));
        await expect(attach(mallory(), other)).rejects.toThrow(notThere);
        expect(await carillon.sql('SELECT FROM devices')).toHaveLength(0);
        await attach(tester, other);
      },
    );

    it('is at home where its maker says, within his reach', async () => {
      const homeOf = async (maker: Actor, applicationId?: number) => {
        await activations.register(maker, { ...ann('a'), applicationId });
        const [row] = await carillon.sql<{ home: number | null }>(
          'SELECT home_application_id AS home FROM activations',
        );
        return row?.home;
      };
      const both = clientWith(['devices:write'], [mine, other]);
      await expect(homeOf(both)).rejects.toMatchObject({
        code: 'INVALID_DEVICE',
        field: 'applicationId',
      });
      const missing = { code: 'APPLICATION_NOT_FOUND' };
      await expect(homeOf(crm(), other)).rejects.toMatchObject(missing);
      for (const nowhere of [0, -1, 2 ** 31 - 1, 2 ** 31, NaN]) {
        await expect(homeOf(tester, nowhere)).rejects.toMatchObject(missing);
      }
      expect(await homeOf(both, other)).toBe(other);
      expect(await homeOf(both, mine)).toBe(mine);
      expect(await homeOf(crm())).toBe(mine);
      expect(await homeOf(tester)).toBe(mine);
      await expect(homeOf(mallory())).rejects.toMatchObject({ code: 'ACTIVATION_NOT_FOUND' });
      await expect(homeOf(mallory(), other)).rejects.toMatchObject({
        code: 'ACTIVATION_NOT_FOUND',
      });
      expect(await homeOf(tester)).toBe(mine);
    });

    it('is of the first of two who make it known at once', async () => {
      let second: Promise<unknown> = Promise.resolve();
      await carillon.get(DataSource).transaction(async (manager) => {
        await activations.within(manager).register(crm(), ann('a'));
        const asked = activations.register(mallory(), { ...ann('a'), userId: 'bob' });
        second = expect(asked).rejects.toMatchObject({ code: 'ACTIVATION_NOT_FOUND' });
        const waits =
          "SELECT FROM pg_stat_activity WHERE wait_event = 'transactionid' AND datname = current_database()";
        while ((await carillon.sql(waits)).length === 0) await setImmediate();
      });
      await second;
      expect(await known('a')).toEqual([{ user_id: 'ann', status: 'ACTIVE' }]);
    });

    it('changes by those at its home', async () => {
      await activations.register(crm(), ann('a'));
      const bobs = { ...ann('a'), userId: 'bob' };
      await expect(activations.register(mallory(), bobs)).rejects.toMatchObject({
        code: 'ACTIVATION_NOT_FOUND',
      });
      expect(await activations.updateStatus(mallory(), 'a', 'REMOVED')).toBeNull();
      expect(await known('a')).toEqual([{ user_id: 'ann', status: 'ACTIVE' }]);
      expect(await activations.updateStatus(crm(), 'a', 'BLOCKED')).toMatchObject({
        status: 'BLOCKED',
      });
      expect(await activations.register(crm(), bobs)).toMatchObject({
        userId: 'bob',
        status: 'ACTIVE',
      });
    });

    it('and without a home changes by those of all applications alone', async () => {
      await activations.register(tester, ann('a'));
      for (const again of [ann('a'), { ...ann('a'), userId: 'bob' }]) {
        await expect(activations.register(crm(), again)).rejects.toMatchObject({
          code: 'ACTIVATION_NOT_FOUND',
        });
      }
      for (const status of ['ACTIVE', 'BLOCKED'] as const) {
        expect(await activations.updateStatus(crm(), 'a', status)).toBeNull();
      }
      expect(await known('a')).toEqual([{ user_id: 'ann', status: 'ACTIVE' }]);
      await activations.register(tester, { ...ann('a'), userId: 'bob' });
      await activations.updateStatus(tester, 'a', 'BLOCKED');
      expect(await known('a')).toEqual([{ user_id: 'bob', status: 'BLOCKED' }]);
    });
  });

  describe('the activation that a device gets by itself', () => {
    it.each<[string, (id: string) => Promise<unknown>]>([
      ['made known', (id) => activations.register(tester, ann(id))],
      [
        'registered',
        (id) => activations.registerDevice(tester, { ...ios(other), activationId: id }),
      ],
      [
        'given to a device',
        (id) => devices.register(tester, { ...ios(other), registrant: { activationId: id } }),
      ],
    ])('is not %s by its name', async (_, ask) => {
      const wrong = { code: 'INVALID_DEVICE', field: 'activationId' };
      await expect(ask('7:bob')).rejects.toMatchObject(wrong);
      const { id } = await devices.register(tester, {
        ...ios(mine),
        registrant: { userId: 'bob' },
      });
      await expect(ask(`${id}:bob`)).rejects.toMatchObject(wrong);
      await activations.updateStatus(tester, `${id}:bob`, 'BLOCKED');
      expect(await devices.activationsOf(tester, [id])).toMatchObject([{ status: 'BLOCKED' }]);
    });

    it.each<[string, () => Promise<unknown>]>([
      [
        'one by one',
        () => devices.register(tester, { ...ios(mine), registrant: { userId: 'bob' } }),
      ],
      [
        'in a list',
        () =>
          carillon
            .get(DataSource)
            .transaction((manager) =>
              registerList(tester, mine, [{ platform: 'ios', token, userId: 'bob' }], manager, 30),
            ),
      ],
    ])('is its user’s, whoever had one of that name, registered %s', async (_, register) => {
      const { id } = await devices.register(tester, ios(mine));
      await carillon.sql("INSERT INTO users VALUES ('victim')");
      const taken = "INSERT INTO activations (id, user_id, status) VALUES ($1, 'victim', 'ACTIVE')";
      await carillon.sql(taken, [`${id}:bob`]);
      await register();
      expect(await devices.activationsOf(tester, [id])).toMatchObject([{ userId: 'bob' }]);
    });
  });

  it('an activation without a device may be made known by any client of devices', async () => {
    const actor = clientWith(['devices:write'], [other]);
    await activations.register(actor, ann('a'));
    expect(await activations.updateStatus(actor, 'a', 'BLOCKED')).toMatchObject({
      status: 'BLOCKED',
    });
    expect(await activations.updateStatus(actor, 'nobody', 'BLOCKED')).toBeNull();
  });

  it('devices are seen only as far as the actor reaches', async () => {
    const { id } = await devices.register(tester, { ...ios(mine), registrant: { userId: 'ann' } });
    const seen = async (actor: Actor) => [
      await devices.find(actor, [id]),
      await devices.activationsOf(actor, [id]),
    ];
    expect(await seen(clientWith(['devices:read'], [mine]))).toMatchObject([
      [{ id }],
      [{ userId: 'ann' }],
    ]);
    expect(await seen(clientWith(['devices:read'], [other]))).toEqual([[], []]);
    await expect(devices.get(clientWith(['devices:read'], [other]), id)).rejects.toMatchObject({
      code: 'DEVICE_NOT_FOUND',
    });
    for (const actor of [clientWith(['devices:write']), user('ann')]) {
      const forbidden = { code: 'FORBIDDEN', permission: 'devices:read' };
      await expect(devices.get(actor, id)).rejects.toMatchObject(forbidden);
      await expect(devices.find(actor, [id])).rejects.toMatchObject(forbidden);
      await expect(devices.activationsOf(actor, [id])).rejects.toMatchObject(forbidden);
    }
  });

  it.each<ActorKind>(['user', 'profile'])('a %s registers for himself alone', async (kind) => {
    const actor = user('ann', kind);
    const { id } = await devices.register(actor, { ...ios(mine), registrant: { userId: 'ann' } });
    expect(await devices.activationsOf(tester, [id])).toMatchObject([{ userId: 'ann' }]);
    for (const refused of [
      { ...ios(mine), registrant: { userId: 'bob' } },
      { ...ios(mine), registrant: { activationId: `${id}:ann` } },
      { ...ios(other), registrant: { userId: 'ann' } },
      ios(mine),
    ]) {
      await expect(devices.register(actor, refused)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    }
  });

  it('a user takes his device from himself, and others who use it keep it', async () => {
    for (const userId of ['ann', 'bob']) {
      await devices.register(tester, { ...ios(mine), registrant: { userId } });
    }
    await devices.register(tester, { ...ios(other), registrant: { userId: 'ann' } });
    const [{ id } = { id: '' }] = await carillon.sql<{ id: string }>(
      'SELECT id FROM devices WHERE application_id = $1',
      [mine],
    );
    await forget();
    const remove = (actor: Actor) => devices.remove(actor, mine, 'ios', token);
    expect(await remove(user('cyd'))).toBeNull();
    expect(await remove(user('ann'))).toMatchObject({ id, token });
    expect(await remove(user('ann'))).toBeNull();
    expect(await devices.activationsOf(tester, [id])).toMatchObject([{ userId: 'bob' }]);
    expect(await remove(user('bob'))).toMatchObject({ id });
    expect(await devices.find(tester, [id])).toEqual([]);
    expect(await carillon.sql('SELECT FROM devices')).toHaveLength(1);
    expect(await events()).toMatchObject(
      ['ann', 'bob'].map((userId) => ({
        actor_kind: 'user',
        actor_id: userId,
        action: 'device.remove',
        target: `device:${id}`,
        before: { platform: 'ios', userId },
      })),
    );
    await expect(devices.remove(user('ann'), other, 'ios', token)).rejects.toMatchObject({
      code: 'FORBIDDEN',
    });
  });

  describe('leave a trace', () => {
    const client = clientWith(['devices:write']);
    const ofClient = { actor_kind: 'client', actor_id: 'crm', address: '192.0.2.7' };

    it('of a new device, of a new user, of one that revives, and not of the same again', async () => {
      const register = (userId: string) =>
        devices.register(client, { ...ios(mine), registrant: { userId } });
      const { id } = await register('ann');
      await register('ann');
      await register('bob');
      await register('ann');
      await carillon.sql("UPDATE devices SET retired_at = now(), retired_reason = 'Unregistered'");
      await register('bob');
      await register('bob');
      const about = {
        ...ofClient,
        action: 'device.register',
        target: `device:${id}`,
        application_id: mine,
      };
      const after = (userId: string) => ({ platform: 'ios', userId });
      expect(await events()).toEqual([
        { ...about, before: null, after: after('ann') },
        { ...about, before: null, after: after('bob') },
        { ...about, before: { retiredReason: 'Unregistered' }, after: after('bob') },
      ]);
    });

    it('once for each user when fifty register the same token at once', async () => {
      await Promise.all(
        Array.from({ length: 50 }, (_, n) =>
          devices.register(client, { ...ios(mine), registrant: { userId: `user-${n % 5}` } }),
        ),
      );
      expect(await events()).toHaveLength(5);
      await carillon.sql('UPDATE devices SET retired_at = now()');
      await Promise.all(
        Array.from({ length: 20 }, () =>
          devices.register(client, { ...ios(mine), registrant: { userId: 'user-0' } }),
        ),
      );
      expect(await events()).toHaveLength(6);
    });

    it('of an activation that joins a device', async () => {
      await activations.register(tester, ann('a'));
      await forget();
      const register = () =>
        devices.register(client, { ...ios(mine), registrant: { activationId: 'a' } });
      const { id } = await register();
      await register();
      expect(await events()).toEqual([
        {
          ...ofClient,
          action: 'device.register',
          target: `device:${id}`,
          application_id: mine,
          before: null,
          after: { platform: 'ios', activationId: 'a' },
        },
      ]);
    });

    it('of what changes when a device registers with activations', async () => {
      await activations.register(tester, ann('a'));
      await activations.register(tester, ann('b'));
      await forget();
      const changes = async (register: () => Promise<unknown>) => {
        await Promise.all([register(), register()]);
        const told = await events();
        await forget();
        return told;
      };
      const one = (activationId: string) => () =>
        activations.registerDevice(client, { ...ios(mine), activationId });
      const shared = (...activationIds: string[]) =>
        changes(() => activations.registerSharedDevice(client, { ...ios(mine), activationIds }));
      const registered = (...activationIds: string[]) => ({
        ...ofClient,
        action: 'device.register',
        application_id: mine,
        after: { platform: 'ios', activationIds },
      });
      expect(await changes(one('a'))).toMatchObject([registered('a')]);
      expect(await changes(one('a'))).toEqual([]);
      expect(await changes(one('b'))).toMatchObject([registered('b')]);
      expect(await shared('a', 'b')).toMatchObject([registered('a', 'b')]);
      expect(await shared('a', 'b')).toEqual([]);
      expect(await shared('a')).toMatchObject([registered('a')]);
      await carillon.sql("UPDATE devices SET retired_at = now(), retired_reason = 'Unregistered'");
      expect(await shared('a')).toMatchObject([
        { ...registered('a'), before: { retiredReason: 'Unregistered' } },
      ]);
    });

    it('of an activation that becomes known, changes its user, or its status', async () => {
      await activations.register(client, ann('a'));
      await activations.register(client, ann('a'));
      await activations.register(client, { ...ann('a'), userId: 'bob' });
      await activations.updateStatus(client, 'a', 'ACTIVE');
      await activations.updateStatus(client, 'a', 'BLOCKED');
      const about = { ...ofClient, target: 'activation:a', application_id: null };
      expect(await events()).toEqual([
        {
          ...about,
          action: 'activation.register',
          before: null,
          after: { userId: 'ann', status: 'ACTIVE' },
        },
        {
          ...about,
          action: 'activation.register',
          before: { userId: 'ann', status: 'ACTIVE' },
          after: { userId: 'bob', status: 'ACTIVE' },
        },
        {
          ...about,
          action: 'activation.status',
          before: { status: 'ACTIVE' },
          after: { status: 'BLOCKED' },
        },
      ]);
    });

    it('of a device that is removed, without its token', async () => {
      const { id } = await devices.register(tester, ios(mine));
      await forget();
      await devices.removeToken(client, mine, token.toUpperCase());
      await devices.removeToken(client, mine, token);
      expect(await devices.remove(client, mine, 'ios', token)).toBeNull();
      expect(await events()).toEqual([
        {
          ...ofClient,
          action: 'device.remove',
          target: `device:${id}`,
          application_id: mine,
          before: { platform: 'ios' },
          after: null,
        },
      ]);
    });

    it('that never holds a push token', async () => {
      await activations.register(client, ann('a'));
      await devices.register(client, { ...ios(mine), registrant: { userId: 'ann' } });
      await activations.registerDevice(client, { ...ios(other), activationId: 'a' });
      await devices.removeToken(client, mine, token);
      expect(JSON.stringify(await events())).not.toContain(token);
    });
  });
});
