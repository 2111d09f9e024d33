import { SystemClock } from '@app/core';
import {
  type Accusation,
  Accusations,
  ActivationsService,
  DeviceImportsService,
  DevicesService,
  type Registration,
  storeRegistrations,
} from '@app/devices';
import { DataSource } from 'typeorm';
import { Carillon, tester } from '@app/testing/harness';

const token = 'ab'.repeat(32);

describe('registration of a device', () => {
  let carillon: Carillon;
  let devices: DevicesService;
  let activations: ActivationsService;
  let applicationId: number;
  let otherApplicationId: number;

  beforeAll(async () => {
    carillon = await Carillon.start({}, { DEVICES_PER_USER: '3' });
    devices = carillon.get(DevicesService);
    activations = carillon.get(ActivationsService);
    applicationId = await carillon.createApplication();
    otherApplicationId = await carillon.createApplication();
  });
  afterAll(() => carillon.close());
  beforeEach(() =>
    carillon.sql('TRUNCATE devices, activations, users, profiles, audit_events CASCADE'),
  );

  const register = (changes: Partial<Registration> = {}) =>
    devices.register(tester, { applicationId, platform: 'ios', token, ...changes });
  const accuse = (changes: Pick<Accusation, 'deviceId'> & Partial<Accusation>) => {
    const accuser = { realm: 'TEAM.app production', firstAcceptedAt: null, lastAcceptedAt: null };
    const readAt = new SystemClock().now();
    const word = { token, reason: 'Unregistered', readAt, weight: 'dead', ...changes } as const;
    return carillon.get(Accusations).hear(carillon.get(DataSource).manager, accuser, [word]);
  };

  it('is idempotent: the same device, registered anew', async () => {
    const first = await register({ registrant: { userId: 'ann' } });
    const again = await register({ registrant: { userId: 'ann' } });
    expect(again.id).toBe(first.id);
    expect(again.registeredAt.getTime()).toBeGreaterThan(first.registeredAt.getTime());
    expect(await devices.activationsOf(tester, [first.id])).toHaveLength(1);
  });

  it('makes one device of fifty registrations at once, whoever they are for', async () => {
    const registered = await Promise.all(
      Array.from({ length: 50 }, (_, n) => register({ registrant: { userId: `user-${n % 5}` } })),
    );
    const ids = new Set(registered.map(({ id }) => id));
    expect(ids.size).toBe(1);
    const users = (await devices.activationsOf(tester, [...ids])).map(({ userId }) => userId);
    expect(users.sort()).toEqual(['user-0', 'user-1', 'user-2', 'user-3', 'user-4']);
  });

  it('makes a device for each application that has the token', async () => {
    const one = await register();
    const other = await register({ applicationId: otherApplicationId });
    expect(other.id).not.toBe(one.id);
  });

  it('revives a retired device', async () => {
    const { id, registeredAt } = await register();
    const later = new Date(registeredAt.getTime() + 1);
    await accuse({ deviceId: id, invalidSince: later });
    expect(await devices.get(tester, id)).toMatchObject({ retiredReason: 'Unregistered' });

    expect(await register()).toMatchObject({ id, retiredAt: null, retiredReason: null });
    await accuse({ deviceId: id, readAt: registeredAt });
    expect(await devices.get(tester, id)).toMatchObject({ retiredAt: null });
  });

  it('keeps a device whose token has changed since', async () => {
    const { id } = await register();
    await accuse({ deviceId: id, token: 'cd'.repeat(32) });
    expect(await devices.get(tester, id)).toMatchObject({ retiredAt: null });
    expect(await carillon.get(Accusations).suspicionsOf([id])).toEqual([]);
  });

  it('joins the device to an activation that is known', async () => {
    const activationId = 'activation-1';
    await activations.register(tester, { activationId, userId: 'ann', status: 'ACTIVE' });
    const { id } = await register({ registrant: { activationId } });
    expect(await devices.activationsOf(tester, [id])).toMatchObject([
      { id: activationId, userId: 'ann' },
    ]);
  });

  it.each([
    {
      what: 'an unknown activation',
      changes: { registrant: { activationId: 'nobody' } },
      code: 'ACTIVATION_NOT_FOUND',
    },
    {
      what: 'a removed activation',
      changes: { registrant: { activationId: 'removed' } },
      code: 'ACTIVATION_NOT_FOUND',
    },
    {
      what: 'an unknown application',
      changes: { applicationId: 999 },
      code: 'APPLICATION_NOT_FOUND',
    },
  ])('refuses $what and stores nothing', async ({ changes, code }) => {
    await activations.register(tester, {
      activationId: 'removed',
      userId: 'ann',
      status: 'REMOVED',
    });
    await expect(register(changes)).rejects.toMatchObject({ code });
    expect(await carillon.sql('SELECT FROM devices')).toHaveLength(0);
  });

  it.each([
    { what: 'capitals', token: token.toUpperCase() },
    {
      what: 'the form in which old apps print it',
      token: `<${token.replace(/.{8}/g, '$& ').trim()}>`,
    },
  ])('knows an APNs token in $what', async ({ token: written }) => {
    const { id } = await register();
    expect(await register({ token: written })).toMatchObject({ id, token });
  });

  it.each([
    { what: 'an APNs token that is not hexadecimal', platform: 'ios', token: 'xyz' },
    { what: 'an APNs token with half a byte', platform: 'ios', token: 'abc' },
    { what: 'an APNs token of more than 100 bytes', platform: 'ios', token: 'ab'.repeat(101) },
    { what: 'an empty APNs token', platform: 'ios', token: '' },
    { what: 'an empty FCM token', platform: 'android', token: '' },
    { what: 'an FCM token with a space', platform: 'android', token: 'a b' },
    {
      what: 'an FCM token of more than 4096 characters',
      platform: 'android',
      token: 'a'.repeat(4097),
    },
  ] as const)('refuses $what', async ({ platform, token: wrong }) => {
    await expect(register({ platform, token: wrong })).rejects.toMatchObject({
      code: 'INVALID_DEVICE',
      field: 'token',
    });
  });

  it.each(['', 'u'.repeat(256), 'a\0b'])('refuses the user id %j', async (userId) => {
    await expect(register({ registrant: { userId } })).rejects.toMatchObject({
      code: 'INVALID_DEVICE',
      field: 'userId',
    });
  });

  describe('of more devices than a user may have', () => {
    /** A user's devices as `<token>:<why it is retired>`, the oldest first. */
    const devicesOf = async (userId: string) => {
      const rows = await carillon.sql<{ device: string }>(
        `SELECT concat_ws(':', token, retired_reason) AS device
         FROM devices JOIN activations ON device_id = devices.id WHERE user_id = $1 ORDER BY registered_at, token`,
        [userId],
      );
      return rows.map(({ device }) => device);
    };
    const android = (pushToken: string) =>
      ({ applicationId, platform: 'android', token: pushToken }) as const;
    const give = (userId: string, pushToken: string) =>
      register({ ...android(pushToken), registrant: { userId } });
    const know = async (activationId: string) => {
      await activations.register(tester, { activationId, userId: 'ann', status: 'ACTIVE' });
      return activationId;
    };

    it.each<{ how: string; add: (pushToken: string) => Promise<unknown> }>([
      { how: 'for him', add: (pushToken) => give('ann', pushToken) },
      {
        how: 'for an activation that is known',
        add: async (pushToken) =>
          register({
            ...android(pushToken),
            registrant: { activationId: await know(`of-${pushToken}`) },
          }),
      },
      {
        how: 'for an activation of PowerAuth',
        add: async (pushToken) =>
          activations.registerDevice(tester, {
            ...android(pushToken),
            activationId: await know(`of-${pushToken}`),
          }),
      },
      {
        how: 'for several activations',
        add: async (pushToken) =>
          activations.registerSharedDevice(tester, {
            ...android(pushToken),
            activationIds: [await know(`one-${pushToken}`), await know(`two-${pushToken}`)],
          }),
      },
      {
        how: 'in a list',
        add: (pushToken) =>
          carillon
            .get(DeviceImportsService)
            .register(tester, applicationId, [{ ...android(pushToken), userId: 'ann' }]),
      },
      {
        how: 'in a part of an import',
        add: async (pushToken) => {
          const imports = carillon.get(DeviceImportsService);
          const begun = await imports.begin(tester, applicationId);
          await imports.add(tester, begun, [{ ...android(pushToken), userId: 'ann' }]);
        },
      },
    ])('retires the ones that registered longest ago, $how', async ({ add }) => {
      for (const pushToken of ['1', '2', '3', '1', '4', '5']) await add(pushToken);
      expect([...new Set(await devicesOf('ann'))]).toEqual([
        '2:TooManyDevices',
        '3:TooManyDevices',
        '1',
        '4',
        '5',
      ]);
    });

    it('counts within one list, and answers each device as it left it', async () => {
      const list = ['1', '2', '3', '4', '5'].map((one) => ({ ...android(one), userId: 'ann' }));
      const outcomes = await carillon
        .get(DeviceImportsService)
        .register(tester, applicationId, list);
      expect(outcomes.filter((outcome) => 'deviceId' in outcome)).toHaveLength(5);
      const retired = (await devicesOf('ann')).filter((device) => device.includes(':'));
      expect(retired).toEqual(['1:TooManyDevices', '2:TooManyDevices']);
    });

    it('counts devices that come back to life', async () => {
      for (const pushToken of ['1', '2', '3', '4', '1']) await give('ann', pushToken);
      expect(await devicesOf('ann')).toEqual(['2:TooManyDevices', '3', '4', '1']);
    });

    it('leaves them to others who use them', async () => {
      await give('bob', '1');
      for (const pushToken of ['1', '2', '3', '4']) await give('ann', pushToken);
      expect(await devicesOf('ann')).toEqual(['2', '3', '4']);
      expect(await devicesOf('bob')).toEqual(['1']);
    });

    it('counts each application, and each user, for itself', async () => {
      for (const pushToken of ['1', '2', '3']) await give('ann', pushToken);
      await give('bob', '4');
      await register({
        ...android('5'),
        applicationId: otherApplicationId,
        registrant: { userId: 'ann' },
      });
      expect(await devicesOf('ann')).toEqual(['1', '2', '3', '5']);
    });

    it('keeps as many of forty at once, each in a transaction of its own', async () => {
      const { manager } = carillon.get(DataSource);
      await Promise.all(
        Array.from({ length: 40 }, (_, n) =>
          storeRegistrations(
            manager,
            applicationId,
            [{ platform: 'android', token: `${n}`, userId: 'ann' }],
            { devicesPerUser: 3 },
          ),
        ),
      );
      const live = (await devicesOf('ann')).filter((device) => !device.includes(':'));
      expect(live).toHaveLength(3);
    });

    it('sees the device of another registration that is under way', async () => {
      for (const pushToken of ['1', '2']) await give('ann', pushToken);
      const { manager } = carillon.get(DataSource);
      const store = (transaction: typeof manager, pushToken: string) =>
        storeRegistrations(
          transaction,
          applicationId,
          [{ platform: 'android', token: pushToken, userId: 'ann' }],
          { devicesPerUser: 3 },
        );
      let isStored = false;
      const other = await manager.transaction(async (transaction) => {
        await store(transaction, '3');
        const stored = store(manager, '4').then(() => (isStored = true));
        for (;;) {
          const waiting = await carillon.sql(
            `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
          );
          if (isStored || waiting.length > 0) return { stored };
        }
      });
      await other.stored;
      const live = (await devicesOf('ann')).filter((device) => !device.includes(':'));
      expect(live).toHaveLength(3);
    });

    it('takes nothing away where there is no limit', async () => {
      const list = Array.from({ length: 40 }, (_, n) => ({
        ...android(`${n}`),
        userId: 'ann',
      }));
      const { manager } = carillon.get(DataSource);
      await storeRegistrations(manager, applicationId, list, { devicesPerUser: 0 });
      expect((await devicesOf('ann')).filter((device) => device.includes(':'))).toEqual([]);
    });
  });
});
