import {
  HandClock,
  Http2Client,
  alert,
  device,
  ecSigner,
  providerToken,
  rsaSigner,
  topic,
} from '../../test/clients';
import { namedRequest } from '@app/testing/named-request';
import { Simulator } from '../simulator';

const clock = new HandClock();
const signer = ecSigner();
const token = device(1);
let simulator: Simulator;
let client: Http2Client;
let authorization: string;

beforeAll(async () => {
  simulator = await Simulator.start({ clock });
  authorization = await providerToken(signer, clock);
  client = new Http2Client(simulator.apnsUrl, simulator.ca);
});
beforeEach(() => {
  simulator.reset();
});
afterAll(async () => {
  await client.close();
  await simulator.close();
});

const json = { 'content-type': 'application/json' };

async function call(method: string, path: string, body?: unknown) {
  const response = await fetch(`${simulator.controlUrl}${path}`, {
    method,
    headers: json,
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json');
  return { status: response.status, body: isJson ? (JSON.parse(text) as unknown) : text };
}

async function push() {
  const headers = {
    authorization,
    'apns-topic': topic,
    'apns-collapse-id': 'offer',
  };
  return client.send(`/3/device/${token}`, headers, alert);
}

describe('the control API', () => {
  it('explains itself and gives its CA', async () => {
    expect(await call('GET', '/')).toMatchObject({
      status: 200,
      body: expect.stringContaining('GET    /summary') as unknown,
    });
    expect((await call('GET', '/ca.pem')).body).toBe(simulator.ca);
  });

  it('tells what was sent, what a device shows, and how many devices show it', async () => {
    await push();
    expect(await call('GET', '/summary')).toMatchObject({
      body: { apns: { requests: 1, accepted: 1, shown: 1 }, fcm: { requests: 0 } },
    });
    expect(await call('GET', '/summary?collapseKey=offer&gateway=apns')).toMatchObject({
      body: { devicesShowing: { apns: 1 } },
    });
    expect(await call('GET', `/devices/apns/${token}`)).toEqual({
      status: 200,
      body: {
        gateway: 'apns',
        token,
        shows: [
          {
            collapseKey: 'offer',
            title: 'Hello',
            at: clock.now().toISOString(),
            headers: { 'apns-topic': topic, 'apns-collapse-id': 'offer' },
            payload: alert,
          },
        ],
      },
    });
  });

  it('lists the last requests without their credentials', async () => {
    await push();
    const { body } = await call('GET', '/requests?limit=1');
    expect(body).toEqual([
      {
        gateway: 'apns',
        method: 'POST',
        path: `/3/device/${token}`,
        headers: { 'apns-topic': topic, 'apns-collapse-id': 'offer' },
        body: JSON.stringify(alert),
        answer: { status: 200, body: '' },
      },
    ]);
  });

  it('keeps fault scripts', async () => {
    const action = { type: 'answer', status: 500, reason: 'InternalServerError' };
    const rule = { gateway: 'apns', times: 2, action };
    const { body } = await call('POST', '/faults', rule);
    expect(await call('GET', '/faults')).toMatchObject({
      body: [{ ...rule, ...(body as object) }],
    });
    expect((await push()).status).toBe(500);
    await call('DELETE', '/faults');
    expect(await call('GET', '/faults')).toMatchObject({ body: [] });
    expect((await push()).status).toBe(200);
  });

  it('unregisters a device and takes it back', async () => {
    await call('POST', `/devices/apns/${token}/unregister`, { at: '2026-01-01T00:00:00Z' });
    expect((await push()).text).toContain(`"timestamp":${Date.parse('2026-01-01T00:00:00Z')}`);
    await call('POST', `/devices/apns/${token}/register`);
    expect((await push()).status).toBe(200);
    await call('POST', `/devices/apns/${token}/assign`, { owner: 'com.example.other' });
    expect((await push()).text).toContain('DeviceTokenNotForTopic');
  });

  it('registers keys of both gateways', async () => {
    const other = ecSigner();
    const ids = { teamId: 'TEAMID1234', keyId: 'KEYID12345' };
    await call('POST', '/apns/keys', { ...ids, publicKeyPem: other.publicKeyPem });
    expect((await push()).text).toContain('InvalidProviderToken');
    const project = { projectId: 'p', clientEmail: 'a@b.example' };
    const { publicKeyPem } = rsaSigner();
    expect(await call('POST', '/fcm/projects', { ...project, publicKeyPem })).toMatchObject({
      status: 200,
    });
  });

  it('forgets all on reset', async () => {
    await push();
    await call('POST', '/reset');
    expect(await call('GET', '/requests')).toMatchObject({ body: [] });
    expect(await call('GET', '/summary')).toMatchObject({ body: { apns: { requests: 0 } } });
  });

  it.each([
    ['GET', '/nowhere', undefined, 404, /there is no \/nowhere/],
    ['GET', '/devices/sms/1', undefined, 404, /there is no gateway sms/],
    ['PUT', '/faults', undefined, 405, /\/faults takes GET, POST, DELETE, not PUT/],
    ['POST', '/faults', '{', 400, /not JSON/],
    ['POST', '/faults', { gateway: 'sms' }, 400, /gateway: .*; action: /],
    ['POST', '/apns/keys', { teamId: 'short' }, 400, /teamId: /],
    [
      'POST',
      '/fcm/projects',
      fcmProject('x'),
      400,
      /publicKeyPem must be a PEM public key of type/,
    ],
    ['POST', `/devices/apns/${token}/unregister`, { at: 'noon' }, 400, /at: /],
    ['GET', '/requests?limit=none', undefined, 400, /limit: /],
    ['GET', '/devices/apns/%zz', undefined, 400, /percent-encoded/],
    ['POST', '/faults', 'x'.repeat(1024 * 1024 + 1), 413, /at most 1048576 bytes/],
  ])('%s %s is refused in words', async (method, path, body, status, error) => {
    expect(await call(method, path, body)).toEqual({
      status,
      body: { error: expect.stringMatching(error) as unknown },
    });
  });
});

describe('a page in a browser', () => {
  it.each([
    ['POST', '/reset', { ...json, origin: 'https://evil.example' }, 403, /Origin/],
    ['POST', '/reset', { ...json, 'sec-fetch-site': 'cross-site' }, 403, /Sec-Fetch-Site/],
    ['POST', '/reset', { ...json, host: 'rebound.evil.example' }, 403, /Host/],
    ['DELETE', '/faults', { origin: 'null' }, 403, /Origin/],
    ['GET', '/requests', { host: 'rebound.evil.example' }, 403, /Host/],
    ['POST', '/reset', { 'content-type': 'text/plain' }, 415, /application\/json/],
    ['POST', '/reset', {}, 415, /application\/json/],
  ])('can neither change nor read: %s %s with %j', async (method, path, headers, status, error) => {
    await push();
    const sent = headers as Record<string, string>;
    const reply = await namedRequest(simulator.controlUrl + path, method, sent);
    expect(reply).toEqual({ status, text: expect.stringMatching(error) as unknown });
    expect(await call('GET', '/summary')).toMatchObject({ body: { apns: { requests: 1 } } });
  });
});

function fcmProject(publicKeyPem: string) {
  return { projectId: 'p', clientEmail: 'a@b.example', publicKeyPem };
}
