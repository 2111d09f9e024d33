import { makeDemoKeys } from '../../standalone/src/demo-keys';
import type { PowerAuthClient } from './powerauth-client';
import { PowerAuthServer } from './powerauth-server';

/** Everything that a legacy back end does, by a client that forgives nothing, down to the gateways. */

let server: PowerAuthServer;
let client: PowerAuthClient;
let keys: ReturnType<typeof makeDemoKeys>;
beforeAll(async () => {
  server = await PowerAuthServer.start();
  ({ client } = server);
  await server.carillon.startWorker();
  keys = makeDemoKeys(server.carillon.simulator);
});
afterAll(() => server.close());

const base64 = (text: string) => Buffer.from(text).toString('base64');
const iosToken = (n: number) => n.toString(16).padStart(64, '0');
const one = { sent: 1, failed: 0, pending: 0, total: 1 };
const none = { sent: 0, failed: 0, pending: 0, total: 0 };

const example = {
  title: 'Balance update',
  body: 'Your balance is now $745.00',
  badge: 3,
  sound: 'default',
  icon: 'custom-icon',
  category: 'balance-update',
  collapseKey: 'balance-update',
  extras: { _comment: 'Any custom data.' },
};

/** The requests of both gateways since the last look, without those for access tokens. */
function gatewayRequests() {
  const requests = server.carillon.simulator.log
    .last()
    .filter(({ path }) => !path.endsWith('/token'));
  server.carillon.simulator.log.reset();
  const of = (gateway: string) => requests.filter((request) => request.gateway === gateway);
  return { apns: of('apns'), fcm: of('fcm') };
}

describe('setting up', () => {
  it('creates an application and gives it credentials', async () => {
    expect(await client.createApplication(1)).toEqual({ id: 1 });
    const { apns, fcm } = keys;
    const { bundle, keyId, teamId, privateKey } = apns;
    await client.updateIos({ id: 1, bundle, keyId, teamId, privateKeyBase64: base64(privateKey) });
    const { projectId, serviceAccount } = fcm;
    await client.updateAndroid({ id: 1, projectId, privateKeyBase64: base64(serviceAccount) });
    expect(await client.application(1, true, true)).toEqual({
      application: { id: 1, appId: 1, appName: 'Application 1', ios: true, android: true },
      iosBundle: bundle,
      iosKeyId: keyId,
      iosTeamId: teamId,
      androidProjectId: projectId,
    });
    expect((await client.applications()).applicationList).toHaveLength(1);
    expect(await client.unconfiguredApplications()).toEqual({ applicationList: [] });
  });

  it('keeps the environment that clients since 1.2 name', async () => {
    const { bundle, keyId, teamId, privateKey } = keys.apns;
    const privateKeyBase64 = base64(privateKey).replace(/.{76}/g, '$&\n');
    const credential = { id: 1, bundle, keyId, teamId, privateKeyBase64 };
    const environment = async () => {
      const rows = await server.carillon.sql<{ environment: string }>(
        "SELECT facts ->> 'environment' AS environment FROM gateway_credentials WHERE application_id = 1 AND gateway = 'apns'",
      );
      return rows[0]?.environment;
    };
    for (const [given, kept] of [
      ['Development', 'development'],
      [null, 'development'],
      ['production', 'production'],
    ]) {
      await client.updateIos({ ...credential, environment: given });
      expect(await environment()).toBe(kept);
    }
  });

  it('registers devices', async () => {
    for (const [activation, user] of Object.entries({ a: 'alice', b: 'alice', c: 'bob', d: 'dan' }))
      await server.createActivation(activation, user);
    await client.createDevice({ appId: 1, platform: 'ios', token: iosToken(1), activationId: 'a' });
    await client.createDevice({ appId: 1, platform: 'android', token: 'T', activationId: 'b' });
    await client.createDeviceMulti({
      appId: 1,
      platform: 'ios',
      token: iosToken(2),
      activationIds: ['c', 'd'],
    });
  });
});

describe('a message', () => {
  beforeEach(() => void gatewayRequests());

  const send = (attributes: object, body: object = example, activationId: string | null = null) =>
    client.sendMessage({ appId: 1, message: { userId: 'alice', activationId, attributes, body } });

  it('goes to both platforms as the legacy server writes it', async () => {
    const validUntil = '2030-01-01T00:00:00.500Z';
    const counts = await send({ silent: false, personal: true }, { ...example, validUntil });
    expect(counts).toEqual({ ios: one, android: one });
    const { apns, fcm } = gatewayRequests();
    expect(apns).toHaveLength(1);
    expect(apns[0]).toMatchObject({
      path: `/3/device/${iosToken(1)}`,
      headers: {
        'apns-topic': 'com.example.demo',
        'apns-push-type': 'alert',
        'apns-priority': '10',
        'apns-expiration': '1893456000',
        'apns-collapse-id': 'balance-update',
      },
      body: '{"aps":{"alert":{"title":"Balance update","body":"Your balance is now $745.00"},"badge":3,"sound":"default","category":"balance-update","thread-id":"balance-update"},"_comment":"Any custom data."}',
    });
    expect(fcm).toHaveLength(1);
    expect(fcm[0]?.path).toBe('/v1/projects/project-demo/messages:send');
    expect(JSON.parse(fcm[0]?.body ?? '')).toEqual({
      message: {
        token: 'T',
        android: {
          collapse_key: 'balance-update',
          ttl: expect.stringMatching(/^\d+s$/) as string,
          notification: {
            title: 'Balance update',
            body: 'Your balance is now $745.00',
            icon: 'custom-icon',
            sound: 'default',
            tag: 'balance-update',
          },
        },
        data: { _comment: 'Any custom data.' },
      },
    });
  });

  it('that is silent carries data only', async () => {
    expect(await send({ silent: true, personal: true })).toEqual({ ios: one, android: one });
    const { apns, fcm } = gatewayRequests();
    expect(apns[0]).toMatchObject({
      headers: { 'apns-push-type': 'background', 'apns-collapse-id': 'balance-update' },
      body: '{"aps":{"badge":3,"content-available":1,"thread-id":"balance-update"},"_comment":"Any custom data."}',
    });
    expect(JSON.parse(fcm[0]?.body ?? '')).toEqual({
      message: {
        token: 'T',
        android: { collapse_key: 'balance-update' },
        data: { _comment: 'Any custom data.' },
      },
    });
  });

  it.each([
    ['ISO text', '2030-01-01T00:00:00Z'],
    ['decimal seconds', 1893456000.5],
    ['milliseconds', 1893456000500],
    ['seconds as text', '1893456000'],
  ])('is valid until what %s says', async (_, validUntil) => {
    await send({}, { validUntil });
    expect(gatewayRequests().apns[0]?.headers).toMatchObject({ 'apns-expiration': '1893456000' });
  });

  it('may leave out everything, by null, by absence or by emptiness, and is silent then', async () => {
    const nulls = Object.fromEntries(Object.keys(example).map((key) => [key, null]));
    const empty = { icon: '', sound: '', category: '', collapseKey: '', badge: '', validUntil: '' };
    const blank = { ...empty, title: ' ', body: '\u00a0', icon: ' ' };
    for (const body of [{}, nulls, empty, blank]) {
      expect(await send({ silent: null, personal: null }, body)).toEqual({
        ios: one,
        android: one,
      });
      const { apns, fcm } = gatewayRequests();
      expect(apns[0]).toMatchObject({
        headers: { 'apns-push-type': 'background', 'apns-priority': '5' },
        body: '{"aps":{"content-available":1}}',
      });
      expect(fcm[0]?.body).not.toContain('notification');
    }
  });

  it('carries texts of the app and its priority, as clients since 1.1.1 send them', async () => {
    const body = {
      ...example,
      title: null,
      titleLocKey: 'BALANCE',
      titleLocArgs: ['$745.00', null],
      body: null,
      bodyLocKey: 'DETAILS',
      bodyLocArgs: null,
    };
    const attributes = { silent: false, personal: false };
    const message = { userId: 'alice', activationId: null, priority: 'NORMAL', attributes, body };
    expect(await client.sendMessage({ appId: 1, message })).toEqual({ ios: one, android: one });
    const { apns, fcm } = gatewayRequests();
    expect(apns[0]?.headers).toMatchObject({ 'apns-priority': '5' });
    expect(JSON.parse(apns[0]?.body ?? '')).toMatchObject({
      aps: {
        alert: {
          'title-loc-key': 'BALANCE',
          'title-loc-args': ['$745.00', ''],
          'loc-key': 'DETAILS',
        },
      },
    });
    expect(JSON.parse(fcm[0]?.body ?? '')).toMatchObject({
      message: {
        android: {
          priority: 'NORMAL',
          notification: {
            notification_priority: 'PRIORITY_DEFAULT',
            title_loc_key: 'BALANCE',
            title_loc_args: ['$745.00', ''],
            body_loc_key: 'DETAILS',
          },
        },
      },
    });
    expect(server.carillon.simulator.ledger.of('apns', iosToken(1)).at(-1)).toMatchObject({
      title: 'BALANCE',
    });
    await client.sendMessage({ appId: 1, message: { ...message, priority: 'HIGH' } });
    expect(gatewayRequests().apns[0]?.headers).toMatchObject({ 'apns-priority': '10' });
    await expect(
      client.sendMessage({ appId: 1, message: { ...message, priority: 'URGENT' } }),
    ).rejects.toMatchObject({ status: 400, code: 'ERROR_GENERIC' });
  });

  it.each([
    ['a date', '2030-01-01'],
    ['RFC 1123', 'Tue, 01 Jan 2030 00:00:00 GMT'],
    ['no zone', '2030-01-01T00:00:00'],
  ])('is valid until what %s says, as Jackson reads it', async (_, validUntil) => {
    await send({}, { validUntil });
    expect(gatewayRequests().apns[0]?.headers).toMatchObject({ 'apns-expiration': '1893456000' });
  });

  it('keeps what extras hold, but for nulls', async () => {
    const extras = { number: 1.5, truth: true, object: { a: [1, null] }, nothing: null };
    await send({}, { extras });
    const { apns, fcm } = gatewayRequests();
    expect(JSON.parse(apns[0]?.body ?? '')).toEqual({
      aps: { 'content-available': 1 },
      number: 1.5,
      truth: true,
      object: { a: [1] },
    });
    expect(JSON.parse(fcm[0]?.body ?? '')).toMatchObject({
      message: { data: { number: '1.5', truth: 'true', object: '{"a":[1]}' } },
    });
  });

  it('goes to the device of one activation', async () => {
    expect(await send({}, example, 'b')).toEqual({ ios: none, android: one });
    expect(await send({}, example, 'c')).toEqual({ ios: none, android: none });
  });

  it('that is personal skips a blocked device, which is counted nowhere', async () => {
    await client.updateDeviceStatus({ activationId: 'a', activationStatus: 'BLOCKED' });
    expect(await send({ personal: true })).toEqual({ ios: none, android: one });
    expect(await send({ personal: false })).toEqual({ ios: one, android: one });
    await client.updateDeviceStatus({ activationId: 'a', activationStatus: 'ACTIVE' });
    expect(await send({ personal: true })).toEqual({ ios: one, android: one });
  });

  it('counts what a gateway refuses as failed', async () => {
    const action = { type: 'answer', status: 413, reason: 'PayloadTooLarge' } as const;
    server.carillon.simulator.faults.add({ gateway: 'apns', times: 1, action });
    expect(await send({})).toEqual({
      ios: { sent: 0, failed: 1, pending: 0, total: 1 },
      android: one,
    });
  });

  it('goes in a batch, whose counts are summed', async () => {
    const batch = ['alice', 'bob', 'nobody'].map((userId) => ({ userId, body: example }));
    expect(await client.sendMessageBatch({ appId: 1, batch })).toEqual({
      ios: { sent: 2, failed: 0, pending: 0, total: 2 },
      android: one,
    });
  });
});

describe('a campaign', () => {
  const nulls = { icon: null, badge: null, sound: null, category: null, collapseKey: null };

  it('is created, tested, sent, and reaches nobody twice', async () => {
    const message = { title: 'News', body: 'For all', validUntil: 1893456000.25, extras: null };
    const { id } = await client.createCampaign({ appId: 1, message });
    const shown = { ...message, ...nulls, validUntil: '2030-01-01T00:00:00.250Z' };
    expect(await client.campaign(id)).toEqual({ id, appId: 1, sent: false, message: shown });

    await client.addUsers(id, ['alice', 'bob', 'dan', 'nobody']);
    await client.deleteUsers(id, ['nobody']);
    expect((await client.users(id, 0, 10)).responseObject.users).toEqual(['alice', 'bob', 'dan']);

    gatewayRequests();
    await client.sendTestCampaign(id, 'bob');
    await server.carillon.until(() => Promise.resolve(gatewayRequests().apns.length === 1));
    expect(await client.campaign(id)).toMatchObject({ sent: false });

    await client.sendCampaign(id);
    await server.carillon.until(async () => (await client.campaign(id)).sent);
    // Bob and Dan share a device.
    const first = gatewayRequests();
    expect([first.apns.length, first.fcm.length]).toEqual([2, 1]);
    expect((await client.campaigns(false)).map((campaign) => campaign.id)).not.toContain(id);
    expect((await client.campaigns(true)).map((campaign) => campaign.id)).toContain(id);

    await server.createActivation('e', 'eve');
    await client.createDevice({ appId: 1, platform: 'ios', token: iosToken(3), activationId: 'e' });
    await client.addUsers(id, ['eve']);
    await client.sendCampaign(id);
    await server.carillon.until(async () => (await client.campaign(id)).sent);
    const second = gatewayRequests();
    expect(second.apns.map(({ path }) => path)).toEqual([`/3/device/${iosToken(3)}`]);
    expect(second.fcm).toEqual([]);

    expect(await client.deleteCampaign(id)).toEqual({ deleted: true });
    expect(await client.deleteCampaign(id)).toEqual({ deleted: false });
    await expect(client.campaign(id)).rejects.toMatchObject({
      status: 400,
      code: 'ERROR_GENERIC',
      message: 'Campaign with entered ID does not exist',
    });
  });
});

describe('many callers at once', () => {
  it('register one activation 50 times, and leave one row', async () => {
    await server.createActivation('parallel', 'paul');
    const device = { appId: 1, platform: 'android', token: 'parallel', activationId: 'parallel' };
    await Promise.all(Array.from({ length: 50 }, () => client.createDevice(device)));
    const rows = await server.carillon.sql(
      `SELECT FROM devices JOIN activations ON device_id = devices.id
       WHERE token = 'parallel' OR activations.id = 'parallel'`,
    );
    expect(rows).toHaveLength(1);
  });

  it('register one activation with 50 tokens, and leave one', async () => {
    const device = { appId: 1, platform: 'android', activationId: 'parallel' };
    const tokens = Array.from({ length: 50 }, (_, n) => `parallel-${n}`);
    await Promise.all(tokens.map((token) => client.createDevice({ ...device, token })));
    const rows = await server.carillon.sql(`SELECT FROM devices WHERE token LIKE 'parallel%'`);
    expect(rows).toHaveLength(1);
  });

  it('add overlapping users 100 times, and leave each once', async () => {
    const { id } = await client.createCampaign({ appId: 1, message: {} });
    const list = (from: number) => Array.from({ length: 50 }, (_, n) => `user${(from + n) % 200}`);
    await Promise.all(
      Array.from({ length: 100 }, (_, n) =>
        client.addUsers(id, n % 2 === 0 ? list(n) : list(n).reverse()),
      ),
    );
    const { users } = (await client.users(id, 0, 2000)).responseObject;
    expect(new Set(users).size).toBe(users.length);
    expect(users).toHaveLength(149);
  });
});

describe('tidying up', () => {
  it('removes devices and credentials', async () => {
    await client.deleteDevice({ appId: 1, token: iosToken(1) });
    await client.deleteDevice({ appId: 1, token: 'T' });
    const message = { userId: 'alice', body: example };
    expect(await client.sendMessage({ appId: 1, message })).toEqual({ ios: none, android: none });
    await client.removeIos(1);
    await client.removeAndroid(1);
    expect(await client.application(1, true, true)).toMatchObject({
      application: { ios: false, android: false },
      iosBundle: null,
      androidProjectId: null,
    });
  });
});
