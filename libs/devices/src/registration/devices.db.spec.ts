import { SystemClock } from '@app/core';
import {
  type Accusation,
  Accusations,
  ActivationsService,
  DevicesService,
  type Registration,
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
    carillon = await Carillon.start();
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
});
