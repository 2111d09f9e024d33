import {
  HandClock,
  Http2Client,
  LostRequest,
  alert,
  device,
  ecSigner,
  providerToken,
  topic,
} from '../../test/clients';
import { Simulator } from '../simulator';

const clock = new HandClock();
const signer = ecSigner();
const limited = ecSigner();
const token = device(1);
const apnsId = '11111111-2222-4333-8444-555555555555';
const goneAt = new Date('2026-05-01T00:00:00Z');

let simulator: Simulator;
let client: Http2Client;
let authorization: string;

beforeAll(async () => {
  simulator = await Simulator.start({ clock });
  simulator.accounts.registerApnsKey({
    teamId: 'TEAMID1234',
    keyId: 'KEYID12345',
    publicKeyPem: signer.publicKeyPem,
  });
  authorization = await providerToken(signer, clock);
  client = new Http2Client(simulator.apnsUrl, simulator.ca);
});
afterAll(async () => {
  await client.close();
  await simulator.close();
});

interface Row {
  readonly reason: string;
  readonly status: number;
  readonly when: string;
  readonly path?: string;
  readonly headers?: Record<string, string | string[] | undefined>;
  readonly body?: string;
}

const rows: Row[] = [
  { status: 400, reason: 'BadMessageId', when: 'apns-id is no UUID', headers: { 'apns-id': '7' } },
  {
    status: 400,
    reason: 'BadMessageId',
    when: 'apns-id is in upper case',
    headers: { 'apns-id': 'AAAAAAAA-2222-4333-8444-555555555555' },
  },
  {
    status: 400,
    reason: 'DuplicateHeaders',
    when: 'a header comes twice',
    headers: { 'apns-collapse-id': ['a', 'b'] },
  },
  { status: 405, reason: 'MethodNotAllowed', when: 'not POST', headers: { ':method': 'PUT' } },
  {
    status: 400,
    reason: 'MissingTopic',
    when: 'there is no topic',
    headers: { 'apns-topic': undefined },
  },
  {
    status: 400,
    reason: 'BadCollapseId',
    when: 'the collapse id has 65 bytes',
    headers: { 'apns-collapse-id': 'c'.repeat(65) },
  },
  {
    status: 400,
    reason: 'BadExpirationDate',
    when: 'the expiration is no number',
    headers: { 'apns-expiration': 'tomorrow' },
  },
  { status: 400, reason: 'BadPriority', when: 'priority 7', headers: { 'apns-priority': '7' } },
  {
    status: 400,
    reason: 'BadPriority',
    when: 'a background push has priority 10',
    headers: { 'apns-push-type': 'background', 'apns-priority': '10' },
  },
  {
    status: 400,
    reason: 'InvalidPushType',
    when: 'the push type is unknown',
    headers: { 'apns-push-type': 'shout' },
  },
  {
    status: 400,
    reason: 'BadTopic',
    when: 'the topic lacks its push type’s suffix',
    headers: { 'apns-push-type': 'voip' },
  },
  {
    status: 403,
    reason: 'MissingProviderToken',
    when: 'there is no authorization',
    headers: { authorization: undefined },
  },
  {
    status: 403,
    reason: 'InvalidProviderToken',
    when: 'the authorization is no JWT',
    headers: { authorization: 'bearer nonsense' },
  },
  { status: 404, reason: 'BadPath', when: 'the path is another', path: '/3/devices/00' },
  { status: 400, reason: 'MissingDeviceToken', when: 'no device is named', path: '/3/device/' },
  { status: 400, reason: 'BadDeviceToken', when: 'not hexadecimal', path: '/3/device/xyz' },
  { status: 400, reason: 'BadDeviceToken', when: 'half a byte', path: '/3/device/abc' },
  {
    status: 400,
    reason: 'DeviceTokenNotForTopic',
    when: 'the device belongs to another app',
    path: `/3/device/${device(8)}`,
  },
  { status: 400, reason: 'PayloadEmpty', when: 'there is no body', body: '' },
  { status: 413, reason: 'PayloadTooLarge', when: '4097 bytes', body: padded(4097) },
  {
    status: 413,
    reason: 'PayloadTooLarge',
    when: 'a VoIP push has 5121 bytes',
    body: padded(5121),
    headers: { 'apns-push-type': 'voip', 'apns-topic': `${topic}.voip` },
  },
];

function padded(bytes: number): string {
  const frame = JSON.stringify({ aps: { alert: '' } });
  return JSON.stringify({ aps: { alert: 'a'.repeat(bytes - frame.length) } });
}

function send({ path = `/3/device/${token}`, headers, body }: Partial<Row> = {}) {
  const given: NonNullable<Row['headers']> = {
    authorization,
    'apns-topic': topic,
    'apns-push-type': 'alert',
    ...headers,
  };
  const present = Object.fromEntries(
    Object.entries(given).filter(([, value]) => value !== undefined),
  );
  return client.send(path, present, body ?? alert);
}

describe('APNs refuses', () => {
  beforeAll(() => {
    simulator.devices.assign('apns', device(8), 'com.example.other');
  });

  it.each(rows)('$status $reason: $when', async ({ reason, status, ...request }) => {
    const response = await send(request);
    expect({ status: response.status, body: JSON.parse(response.text) as unknown }).toEqual({
      status,
      body: { reason },
    });
    expect(response.headers['apns-id']).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('410 Unregistered, with the time in milliseconds, until the device registers again', async () => {
    simulator.devices.unregister('apns', device(9), goneAt);
    const refused = await send({ path: `/3/device/${device(9)}` });
    expect(refused.status).toBe(410);
    expect(JSON.parse(refused.text)).toEqual({
      reason: 'Unregistered',
      timestamp: goneAt.getTime(),
    });
    simulator.devices.forget('apns', device(9));
    expect((await send({ path: `/3/device/${device(9)}` })).status).toBe(200);
  });

  it('an unknown caller before it says anything of the device', async () => {
    simulator.devices.unregister('apns', device(9), goneAt);
    const response = await send({
      path: `/3/device/${device(9)}`,
      headers: { authorization: undefined },
    });
    expect(response.text).toContain('MissingProviderToken');
  });
});

describe('APNs accepts', () => {
  it('with an empty body and the apns-id that was given', async () => {
    const response = await send({ headers: { 'apns-id': apnsId } });
    expect(response).toMatchObject({ status: 200, text: '' });
    expect(response.headers['apns-id']).toBe(apnsId);
  });

  it('with an apns-id of its own when none was given', async () => {
    const response = await send();
    expect(response.headers['apns-id']).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  });

  it.each([
    ['background', '', '5'],
    ['location', '.location-query', '10'],
    ['voip', '.voip', '10'],
    ['complication', '.complication', '10'],
    ['fileprovider', '.pushkit.fileprovider', '10'],
    ['mdm', '', '10'],
    ['liveactivity', '.push-type.liveactivity', '10'],
    ['pushtotalk', '.voip-ptt', '10'],
    ['widgets', '.push-type.widgets', '10'],
  ])('push type %s on a topic with the suffix "%s"', async (pushType, suffix, priority) => {
    const headers = {
      'apns-push-type': pushType,
      'apns-topic': `${topic}${suffix}`,
      'apns-priority': priority,
    };
    expect((await send({ headers })).status).toBe(200);
  });

  it('exactly 4096 bytes, and 5120 of a VoIP push', async () => {
    expect((await send({ body: padded(4096) })).status).toBe(200);
    const voip = { 'apns-push-type': 'voip', 'apns-topic': `${topic}.voip` };
    expect((await send({ body: padded(5120), headers: voip })).status).toBe(200);
  });

  it('tokens of any even length', async () => {
    expect((await send({ path: `/3/device/${'ab'.repeat(100)}` })).status).toBe(200);
  });
});

describe('a key that is bound to topics', () => {
  it('gets TopicDisallowed for any other', async () => {
    simulator.accounts.registerApnsKey({
      teamId: 'TEAMID5678',
      keyId: 'KEYID12345',
      publicKeyPem: limited.publicKeyPem,
      topics: [topic],
    });
    const other = await providerToken(limited, clock, { teamId: 'TEAMID5678' });
    const connection = new Http2Client(simulator.apnsUrl, simulator.ca);
    const post = (name: string, pushType = 'alert') =>
      connection.send(
        `/3/device/${token}`,
        { authorization: other, 'apns-topic': name, 'apns-push-type': pushType },
        alert,
      );
    expect((await post('com.example.other')).text).toBe('{"reason":"TopicDisallowed"}');
    expect((await post(`${topic}.voip`, 'voip')).status).toBe(200);
    expect((await post(topic)).status).toBe(200);
    await connection.close();
  });
});

describe('the stream limit of an APNs connection', () => {
  it('is one until a valid token was accepted, then a thousand', async () => {
    const connection = await new Http2Client(simulator.apnsUrl, simulator.ca).ready();
    const limit = () => connection.session.remoteSettings.maxConcurrentStreams;
    expect(limit()).toBe(1);
    await connection.send(`/3/device/${token}`, { 'apns-topic': topic }, alert);
    expect(limit()).toBe(1);
    await connection.send(`/3/device/${token}`, { authorization, 'apns-topic': topic }, alert);
    expect(limit()).toBe(1000);
    await connection.close();
  });

  it('is kept by REFUSED_STREAM for clients that did not wait for the settings', async () => {
    const connection = new Http2Client(simulator.apnsUrl, simulator.ca);
    const results = await Promise.allSettled(
      [1, 2, 3].map(() =>
        connection.send(`/3/device/${token}`, { authorization, 'apns-topic': topic }, alert),
      ),
    );
    expect(results[0]).toMatchObject({ value: { status: 200 } });
    for (const result of results.slice(1)) {
      expect(result).toMatchObject({ reason: new LostRequest(7) });
      expect(result).toHaveProperty('reason.code', 7);
    }
    await connection.close();
  });
});
