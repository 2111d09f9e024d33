import { type ActivationStatus, ActivationsService, DevicesService } from '@app/devices';
import { Carillon, tester } from '@app/testing/harness';

const token = (n: number) => n.toString(16).padStart(64, '0');

describe('registration as PowerAuth Push does it', () => {
  let carillon: Carillon;
  let devices: DevicesService;
  let activations: ActivationsService;
  let applicationId: number;

  beforeAll(async () => {
    carillon = await Carillon.start();
    devices = carillon.get(DevicesService);
    activations = carillon.get(ActivationsService);
    applicationId = await carillon.createApplication();
  });
  afterAll(() => carillon.close());
  beforeEach(() => carillon.sql('TRUNCATE devices, activations, users CASCADE'));

  const know = async (count: number, status: ActivationStatus = 'ACTIVE') => {
    for (let n = 0; n < count; n++) {
      await activations.register(tester, { activationId: `a${n}`, userId: `user${n}`, status });
    }
  };
  const create = (n: number, activationId: string) =>
    activations.registerDevice(tester, {
      applicationId,
      platform: 'ios',
      token: token(n),
      activationId,
    });
  const createMulti = (n: number, activationIds: string[]) =>
    activations.registerSharedDevice(tester, {
      applicationId,
      platform: 'ios',
      token: token(n),
      activationIds,
    });
  /** `token:activation` for each activation that has a device, and each device without one. */
  const registrations = async () => {
    const rows = await carillon.sql<{ token: string; id: string | null }>(
      `SELECT token, activations.id FROM devices LEFT JOIN activations ON device_id = devices.id ORDER BY 1, 2`,
    );
    return rows.map((row) => `${Number(`0x${row.token}`)}:${row.id ?? 'nobody'}`);
  };

  it.each(['CREATED', 'PENDING_COMMIT', 'ACTIVE', 'BLOCKED'] as const)(
    'accepts an activation that is %s',
    async (status) => {
      await know(1, status);
      expect(await create(1, 'a0')).toMatchObject({ applicationId, token: token(1) });
      expect(await registrations()).toEqual(['1:a0']);
    },
  );

  it('refuses unknown and removed activations', async () => {
    await know(1, 'REMOVED');
    const refusal = { code: 'ACTIVATION_NOT_ACTIVE' };
    await expect(create(1, 'a0')).rejects.toMatchObject(refusal);
    await expect(create(1, 'nobody')).rejects.toMatchObject(refusal);
    expect(await registrations()).toEqual([]);
  });

  it.each([(applicationId) => applicationId + 1, () => 3_000_000_000, () => 0] as ((
    id: number,
  ) => number)[])('refuses an application that is not there (%#)', async (another) => {
    await know(1);
    const registration = { platform: 'ios', token: token(1), activationId: 'a0' } as const;
    await expect(
      activations.registerDevice(tester, {
        applicationId: another(applicationId),
        ...registration,
      }),
    ).rejects.toMatchObject({ code: 'APPLICATION_NOT_FOUND' });
  });

  it('gives an activation one token: the last, and nobody keeps the one before', async () => {
    await know(1);
    await create(1, 'a0');
    await create(2, 'a0');
    expect(await registrations()).toEqual(['2:a0']);
  });

  it('gives a token one activation: the last, also of another user', async () => {
    await know(2);
    await create(1, 'a0');
    await create(1, 'a1');
    expect(await registrations()).toEqual(['1:a1']);
  });

  it('revives a retired device', async () => {
    await know(1);
    const { id } = await create(1, 'a0');
    await carillon.sql("UPDATE devices SET retired_at = now(), retired_reason = 'Unregistered'");
    expect(await create(1, 'a0')).toMatchObject({ id, retiredAt: null, retiredReason: null });
  });

  it('makes a token carry the listed activations and no others, each once', async () => {
    await know(4);
    await createMulti(1, ['a0', 'a1', 'a0']);
    expect(await registrations()).toEqual(['1:a0', '1:a1']);
    await createMulti(2, ['a3']);
    await createMulti(1, ['a1', 'a2', 'a3']);
    expect(await registrations()).toEqual(['1:a1', '1:a2', '1:a3']);
  });

  it('registers the good ones of several and says that it failed', async () => {
    await know(2);
    const refusal = { code: 'REGISTRATION_INCOMPLETE' };
    await expect(createMulti(1, ['a0', 'nobody', 'a1'])).rejects.toMatchObject(refusal);
    expect(await registrations()).toEqual(['1:a0', '1:a1']);
    await expect(createMulti(2, ['nobody'])).rejects.toMatchObject(refusal);
    expect(await registrations()).toEqual(['1:a0', '1:a1']);
  });

  it('refuses one more activation for a token that carries several, but knows its own again', async () => {
    await know(3);
    await createMulti(1, ['a0', 'a1']);
    await create(2, 'a2');
    await expect(create(1, 'a2')).rejects.toMatchObject({ code: 'MULTIPLE_ACTIVATIONS' });
    await create(1, 'a1');
    expect(await registrations()).toEqual(['1:a0', '1:a1', '2:a2']);
  });

  it('keeps one row of fifty registrations of one activation at once', async () => {
    await know(1);
    const same = await Promise.all(Array.from({ length: 50 }, () => create(1, 'a0')));
    expect(new Set(same.map(({ id }) => id)).size).toBe(1);
    expect(await registrations()).toEqual(['1:a0']);

    await Promise.all(Array.from({ length: 50 }, (_, n) => create(n, 'a0')));
    expect(await registrations()).toEqual([expect.stringMatching(/^\d+:a0$/)]);
  });

  it('keeps one activation of fifty that register one token at once', async () => {
    await know(50);
    await Promise.all(Array.from({ length: 50 }, (_, n) => create(1, `a${n}`)));
    expect(await registrations()).toEqual([expect.stringMatching(/^1:a\d+$/)]);
  });

  it('survives tokens that change hands in every direction at once', async () => {
    await know(10);
    await Promise.all(
      Array.from({ length: 300 }, (_, n) =>
        n % 3 === 0
          ? createMulti(n % 7, [`a${n % 10}`, `a${(n * 3) % 10}`, `a${(n * 7) % 10}`])
          : create(n % 5, `a${(n * n) % 10}`).catch((error: unknown) => {
              expect(error).toMatchObject({ code: 'MULTIPLE_ACTIVATIONS' });
            }),
      ),
    );
    const left = await registrations();
    expect(left.filter((row) => row.endsWith(':nobody'))).toEqual([]);
    const activations = left.map((row) => row.split(':')[1]);
    expect(new Set(activations).size).toBe(activations.length);
  });

  it('sets the status that it is told, and needs no device for that', async () => {
    await know(1);
    await create(1, 'a0');
    await activations.updateStatus(tester, 'a0', 'BLOCKED');
    await activations.updateStatus(tester, 'a0');
    await activations.updateStatus(tester, 'nobody', 'ACTIVE');
    await activations.updateStatus(tester, 'nobody');
    expect(await carillon.sql('SELECT id, status FROM activations')).toEqual([
      { id: 'a0', status: 'BLOCKED' },
    ]);
    await activations.updateStatus(tester, 'a0', 'REMOVED');
    expect(await registrations()).toEqual(['1:a0']);
  });

  it('removes a token on whatever platform, however it is spelt, and misses none', async () => {
    await know(2);
    await create(10, 'a0');
    await activations.registerDevice(tester, {
      applicationId,
      platform: 'android',
      token: 'fcm:Token',
      activationId: 'a1',
    });
    await devices.removeToken(tester, applicationId, token(10).toUpperCase());
    expect(await registrations()).toHaveLength(1);
    await devices.removeToken(tester, applicationId, 'fcm:Token');
    await devices.removeToken(tester, applicationId, 'fcm:Token');
    await devices.removeToken(tester, 3_000_000_000, 'fcm:Token');
    await devices.removeToken(tester, applicationId, ' not\0a token ');
    expect(await registrations()).toEqual([]);
  });
});

describe('registration with one activation per token', () => {
  it('refuses a list of activations', async () => {
    const carillon = await Carillon.start({}, { POWERAUTH_MULTIPLE_ACTIVATIONS: 'false' });
    try {
      await expect(
        carillon.get(ActivationsService).registerSharedDevice(tester, {
          applicationId: 1,
          platform: 'ios',
          token: token(1),
          activationIds: ['a0'],
        }),
      ).rejects.toMatchObject({ code: 'MULTIPLE_ACTIVATIONS_DISABLED' });
    } finally {
      await carillon.close();
    }
  });
});
