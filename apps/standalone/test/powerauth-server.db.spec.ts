import { NotificationsService } from '@app/campaigns';
import { ActivationsService } from '@app/devices';
import { ApplicationDirectory } from '@app/powerauth';
import { Carillon, tester } from '@app/testing/harness';
import { PowerAuthStandIn } from '@app/testing/power-auth-stand-in';

const token = 'ab'.repeat(32);

describe('with a PowerAuth Server', () => {
  let powerAuth: PowerAuthStandIn;
  let carillon: Carillon;
  let activations: ActivationsService;
  let applicationId: number;

  beforeAll(async () => {
    powerAuth = await PowerAuthStandIn.start();
    carillon = await Carillon.start(
      {},
      {
        POWERAUTH_URL: powerAuth.url,
        POWERAUTH_CLIENT_TOKEN: 'push',
        POWERAUTH_CLIENT_SECRET: 'hidden',
        // However busy the machine is, what answers at all is answered in time.
        POWERAUTH_TIMEOUT_MS: '60000',
      },
    );
    activations = carillon.get(ActivationsService);
    applicationId = await carillon.createApplication();
  });
  afterAll(async () => {
    await carillon.close();
    await powerAuth.close();
  });
  beforeEach(async () => {
    await carillon.sql('TRUNCATE devices, activations, users CASCADE');
    powerAuth.activations.clear();
    powerAuth.activations.set('a0', { userId: 'ann', activationStatus: 'ACTIVE' });
    powerAuth.asked.length = 0;
    powerAuth.fault = undefined;
    jest.restoreAllMocks();
  });

  const create = (activationId = 'a0', at = applicationId) =>
    activations.registerDevice(tester, {
      ...{ applicationId: at, platform: 'ios', token, activationId },
    });
  const stored = () =>
    carillon.sql(
      `SELECT activations.id, user_id, status, token FROM activations JOIN devices ON devices.id = device_id`,
    );

  it('takes user and status from there, asks as it wants to be asked, and stores both', async () => {
    await create();
    expect(await stored()).toEqual([{ id: 'a0', user_id: 'ann', status: 'ACTIVE', token }]);
    expect(powerAuth.asked).toMatchObject([
      {
        path: '/powerauth-java-server/rest/v3/activation/status',
        body: { requestObject: { activationId: 'a0', challenge: null } },
        headers: { authorization: `Basic ${Buffer.from('push:hidden').toString('base64')}` },
      },
    ]);
    powerAuth.activations.set('a0', { userId: 'bob', activationStatus: 'BLOCKED' });
    await create();
    expect(await stored()).toEqual([{ id: 'a0', user_id: 'bob', status: 'BLOCKED', token }]);
  });

  it('refuses what it does not know, and stores nothing of it', async () => {
    await expect(create('nobody')).rejects.toMatchObject({ code: 'ACTIVATION_NOT_ACTIVE' });
    expect(await carillon.sql('SELECT id FROM activations')).toEqual([]);
  });

  it.each([Number, String])(
    'gives an activation of an application to no device of another (%p)',
    async (as) => {
      const another = await carillon.createApplication();
      const known = { userId: 'ann', activationStatus: 'ACTIVE' };
      powerAuth.activations.set('a0', { ...known, applicationId: as(applicationId) });
      const refused = { code: 'ACTIVATION_NOT_ACTIVE' };
      await expect(create('a0', another)).rejects.toMatchObject(refused);
      expect(await stored()).toEqual([]);
      await create();
      await expect(create('a0', another)).rejects.toMatchObject(refused);
      expect(await stored()).toHaveLength(1);
    },
  );

  it.each([undefined, null, 0, '', 'mobile-bank', '01'])(
    'leaves open where an activation of application %j goes',
    async (of) => {
      const known = { userId: 'ann', activationStatus: 'ACTIVE', applicationId: of };
      powerAuth.activations.set('a0', known);
      await create('a0');
      expect(await stored()).toHaveLength(1);
    },
  );

  it('follows it when an update names no status', async () => {
    await create();
    powerAuth.activations.set('a0', { userId: 'ann', activationStatus: 'BLOCKED' });
    await activations.updateStatus(tester, 'a0');
    expect(await stored()).toMatchObject([{ status: 'BLOCKED' }]);
    powerAuth.activations.delete('a0');
    await activations.updateStatus(tester, 'a0');
    expect(await stored()).toMatchObject([{ user_id: 'ann', status: 'REMOVED' }]);
  });

  it('lists its applications', async () => {
    const directory = carillon.get(ApplicationDirectory);
    expect(await directory.list()).toEqual([{ id: 1, name: 'Mobile bank' }]);
    expect(await directory.nameOf(1)).toBe('Mobile bank');
    await expect(directory.nameOf(2)).rejects.toMatchObject({ code: 'POWERAUTH_UNAVAILABLE' });
  });

  it('keeps one row of fifty registrations of one activation at once', async () => {
    await Promise.all(Array.from({ length: 50 }, () => create()));
    expect(await stored()).toHaveLength(1);
  });

  it.each<[string, PowerAuthStandIn['fault']]>([
    ['answers 503', (response) => void response.writeHead(503).end('{"status":"OK"}')],
    ['answers 401', (response) => void response.writeHead(401).end()],
    ['answers 400', (response) => void response.writeHead(400).end('{"status":"ERROR"}')],
    ['leads elsewhere', (response) => void response.writeHead(302, { location: '/' }).end()],
    ['answers garbage', (response) => void response.end('<html>hidden</html>')],
    [
      'answers another shape',
      (response) => void response.end('{"status":"OK","responseObject":[]}'),
    ],
    ['never answers', () => undefined],
    ['never ends its answer', (response) => void response.write('{"status":')],
    ['hangs up', (response) => void response.destroy()],
  ])('that %s refuses registrations, and keeps what is known', async (name, fault) => {
    await create();
    powerAuth.fault = fault;
    if (name.startsWith('never')) jest.replaceProperty(carillon.config, 'powerAuthTimeoutMs', 100);
    const refusal = { kind: 'unavailable', code: 'ACTIVATION_SOURCE_UNAVAILABLE' };
    await expect(create()).rejects.toMatchObject(refusal);
    await expect(activations.updateStatus(tester, 'a0')).rejects.toMatchObject(refusal);
    await activations.updateStatus(tester, 'a0', 'BLOCKED');
    expect(await stored()).toEqual([{ id: 'a0', user_id: 'ann', status: 'BLOCKED', token }]);
  });

  it('that is down is not missed by a send: what is known of the user is enough', async () => {
    await create();
    powerAuth.fault = (response) => void response.writeHead(503).end();
    powerAuth.asked.length = 0;
    await carillon.startWorker();
    const counts = await carillon.get(NotificationsService).notifyAndCount(
      tester,
      [
        {
          applicationId,
          userId: 'ann',
          content: { title: 'Balance update', silent: false },
          personal: true,
        },
      ],
      10_000,
    );
    expect(counts.apns).toEqual({ sent: 1, failed: 0, pending: 0, total: 1 });
    expect(carillon.simulator.ledger.of('apns', token)).toHaveLength(1);
    expect(powerAuth.asked).toEqual([]);
  });
});

it('a PowerAuth Server that refuses connections is unavailable', async () => {
  const gone = await PowerAuthStandIn.start();
  const { url } = gone;
  await gone.close();
  const carillon = await Carillon.start({}, { POWERAUTH_URL: url });
  try {
    await expect(carillon.get(ActivationsService).updateStatus(tester, 'a0')).rejects.toMatchObject(
      {
        kind: 'unavailable',
      },
    );
  } finally {
    await carillon.close();
  }
});
