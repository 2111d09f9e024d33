import type { KeyObject } from 'node:crypto';
import { request } from 'node:https';
import { SignJWT } from 'jose';
import { HandClock, Http2Client, rsaSigner } from '../../test/clients';
import { Simulator } from '../simulator';

const clock = new HandClock();
const signer = rsaSigner();
const account = { projectId: 'bank', clientEmail: 'sender@bank.iam.gserviceaccount.com' };
const scope = 'https://www.googleapis.com/auth/firebase.messaging';
const token = 'device-1:APA91b';
const google = 'type.googleapis.com/google';

let simulator: Simulator;
let client: Http2Client;
let authorization: string;

beforeAll(async () => {
  simulator = await Simulator.start({
    clock,
    fcm: { projectPhaseMs: 0, projectPerMinute: 100, devicePerMinute: 3, collapsible: true },
  });
  const { publicKeyPem } = signer;
  simulator.accounts.registerFcmServiceAccount({ ...account, publicKeyPem });
  client = new Http2Client(simulator.fcmUrl, simulator.ca);
  authorization = await accessToken();
});
beforeEach(() => {
  clock.advance(60_000); // a new minute of every quota
});
afterAll(async () => {
  await client.close();
  await simulator.close();
});

function assertion(privateKey: KeyObject, claims: object = {}) {
  const now = Math.floor(clock.now().getTime() / 1000);
  return new SignJWT({
    iss: account.clientEmail,
    aud: 'https://oauth2.googleapis.com/token',
    iat: now,
    exp: now + 3600,
    scope,
    ...claims,
  })
    .setProtectedHeader({ alg: 'RS256' })
    .sign(privateKey);
}

function form(jwt: string): string {
  const grant_type = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
  return new URLSearchParams({ grant_type, assertion: jwt }).toString();
}

async function accessToken(claims?: object): Promise<string> {
  const jwt = await assertion(signer.privateKey, claims);
  const { text } = await client.send('/token', {}, form(jwt));
  return `Bearer ${(JSON.parse(text) as { access_token: string }).access_token}`;
}

async function send(body: object | string, headers: object = {}, project = 'bank') {
  const path = `/v1/projects/${project}/messages:send`;
  const response = await client.send(path, { authorization, ...headers }, body);
  return { ...response, body: JSON.parse(response.text) as Record<string, unknown> };
}
const hello = { notification: { title: 'Hello', body: 'World' } };

describe('FCM accepts', () => {
  it('a message, and names it', async () => {
    const { status, body } = await send({ message: { token, ...hello } });
    expect(status).toBe(200);
    expect(body.name).toMatch(/^projects\/bank\/messages\/0:\d+%[0-9a-f]{16}$/);
    expect(simulator.ledger.of('fcm', token)).toMatchObject([{ title: 'Hello' }]);
  });

  it('every field of the reference, in both spellings of JSON', async () => {
    const message = {
      fid: 'installation-1',
      data: { key: 'value' },
      notification: { title: 'a', body: 'b', image: 'c' },
      fcm_options: { analytics_label: 'x' },
      android: {
        collapseKey: 'k',
        priority: 'HIGH',
        ttl: '3.5s',
        restricted_package_name: 'com.example',
        notification: { channelId: 'c', tag: 't', title_loc_args: ['1'], notification_count: 2 },
        direct_boot_ok: true,
      },
      apns: { headers: { 'apns-priority': '5' }, payload: { aps: { badge: 1 } } },
      webpush: { headers: { TTL: '1' }, notification: { any: ['thing'] } },
    };
    expect((await send({ message })).status).toBe(200);
  });

  it('validate_only, and shows nothing', async () => {
    const to = 'only-validated';
    expect((await send({ validate_only: true, message: { token: to, ...hello } })).status).toBe(
      200,
    );
    expect(simulator.ledger.of('fcm', to)).toEqual([]);
  });

  it('data keys that only look like reserved ones', async () => {
    const data = { google_maps_url: 'https://maps.example', gcmToken: 'x', fromUser: 'x' };
    expect((await send({ message: { token: 'T-keys', data } })).status).toBe(200);
  });

  it('an empty tag, and replaces nothing by it', async () => {
    const to = 'T-tags';
    const android = { notification: { title: 'Hello', tag: '' } };
    for (let n = 0; n < 2; n++) await send({ message: { token: to, android } });
    expect(simulator.ledger.of('fcm', to)).toHaveLength(2);
  });

  it('notifications without text, and shows nothing', async () => {
    const to = 'T-empty';
    const before = simulator.ledger.summary().fcm.hidden.silent;
    for (const notification of [{}, { title: '', body: ' ' }, { icon: 'i', tag: 't' }]) {
      await send({ message: { token: to, android: { notification } } });
    }
    expect(simulator.ledger.of('fcm', to)).toEqual([]);
    expect(simulator.ledger.summary().fcm.hidden.silent).toBe(before + 3);
  });

  it('requests over HTTP/1.1 too', async () => {
    const { status, text } = await http1(
      '/v1/projects/bank/messages:send',
      { authorization },
      {
        message: { token, ...hello },
      },
    );
    expect({ status, named: text.includes('projects/bank/messages/') }).toEqual({
      status: 200,
      named: true,
    });
  });
});

describe('FCM refuses with INVALID_ARGUMENT', () => {
  const data = (value: unknown) => ({ message: { token, data: { key: value } } });
  it.each([
    ['an unknown field', { message: { token, colour: 'red' } }, 'message', /Unknown name "colour"/],
    ['an unknown field at the top', { massage: {} }, '', /Unknown name "massage": Cannot find/],
    ['data that is no string', data(7), 'message.data[0].value', /\(TYPE_STRING\), 7/],
    ['a boolean in words', { validate_only: 'yes' }, 'validate_only', /TYPE_BOOL/],
    ['a number in words', count('2'), 'message.android.notification.notification_count', /INT32/],
    ['a list that is none', args('1'), 'message.android.notification.title_loc_args', /STRING/],
    ['an unknown priority', android({ priority: 'URGENT' }), 'message.android.priority', /ENUM/],
    ['a ttl without its unit', android({ ttl: '60' }), 'message.android.ttl', /Duration/],
    [
      'a payload that is text',
      { message: { apns: { payload: 'x' } } },
      'message.apns.payload',
      /Str/,
    ],
    ['no JSON', '{', '', /Invalid JSON payload received/],
  ])('%s', async (_what, message, field, description) => {
    const { status, body } = await send(message);
    expect({ status, body }).toMatchObject({
      status: 400,
      body: { error: { code: 400, status: 'INVALID_ARGUMENT' } },
    });
    expect(detailsOf(body)).toEqual([
      {
        '@type': `${google}.rpc.BadRequest`,
        fieldViolations: [{ field, description: expect.stringMatching(description) as unknown }],
      },
    ]);
  });

  it.each([
    ['no target', { message: hello }, /Recipient of the message is not set/],
    ['two targets', { message: { token, topic: 'news' } }, /Cannot set 'topic'/],
    ['a reserved data key', { message: { token, data: { from: 'me' } } }, /data payload key: from/],
    ['a reserved prefix', { message: { token, data: { 'google.x': '' } } }, /key: google\.x/],
    ['the other prefix', { message: { token, data: { 'gcm.notification.e': '1' } } }, /key: gcm\./],
    ['29 days to live', android({ ttl: '2505600s' }), /Invalid ttl/],
    ['4 097 bytes', { message: { token, data: { a: 'a'.repeat(4097) } } }, /too big/],
    [
      '2 049 bytes to a topic',
      { message: { topic: 'x', data: { a: 'a'.repeat(2049) } } },
      /too big/,
    ],
  ])('and its own error code: %s', async (_what, message, words) => {
    const { status, body } = await send(message);
    expect(status).toBe(400);
    expect(detailsOf(body)).toMatchObject([
      { '@type': `${google}.firebase.fcm.v1.FcmError`, errorCode: 'INVALID_ARGUMENT' },
      { fieldViolations: [{ description: expect.stringMatching(words) as unknown }] },
    ]);
  });

  function android(fields: object) {
    return { message: { token, android: fields } };
  }
  function count(value: unknown) {
    return android({ notification: { notification_count: value } });
  }
  function args(value: unknown) {
    return android({ notification: { title_loc_args: value } });
  }
});

describe('FCM refuses', () => {
  it.each([
    [400, 'INVALID_ARGUMENT', 'INVALID_ARGUMENT', 'not a token'],
    [404, 'UNREGISTERED', 'NOT_FOUND', 'gone'],
    [403, 'SENDER_ID_MISMATCH', 'PERMISSION_DENIED', 'foreign'],
  ])('%i %s (%s)', async (code, errorCode, status, to) => {
    simulator.devices.unregister('fcm', 'gone', clock.now());
    simulator.devices.assign('fcm', 'foreign', 'another-project');
    const { body } = await send({ message: { token: to, ...hello } });
    expect(body.error).toMatchObject({
      code,
      status,
      details: [{ '@type': `${google}.firebase.fcm.v1.FcmError`, errorCode }],
    });
  });

  it.each([
    [429, 'QUOTA_EXCEEDED', 'RESOURCE_EXHAUSTED'],
    [401, 'THIRD_PARTY_AUTH_ERROR', 'UNAUTHENTICATED'],
    [500, 'INTERNAL', 'INTERNAL'],
    [503, 'UNAVAILABLE', 'UNAVAILABLE'],
  ])('%i %s where a script says so', async (code, errorCode, status) => {
    const action = {
      type: 'answer',
      status: code,
      reason: errorCode,
      retryAfterSeconds: 9,
    } as const;
    simulator.faults.add({ gateway: 'fcm', token, times: 1, action });
    const { headers, body } = await send({ message: { token, ...hello } });
    expect(headers['retry-after']).toBe('9');
    expect(body.error).toMatchObject({ code, status });
    expect(detailsOf(body)[0]).toMatchObject({ errorCode });
  });

  it.each([
    ['no authorization', {}, 401, 'CREDENTIALS_MISSING'],
    ['an unknown token', { authorization: 'Bearer x' }, 401, 'ACCESS_TOKEN_TYPE_UNSUPPORTED'],
  ])('%s', async (_what, headers, status, reason) => {
    const response = await client.send('/v1/projects/bank/messages:send', headers, {});
    expect(response.status).toBe(status);
    expect(response.text).toContain(reason);
  });

  it('access tokens that expired, lack the scope or belong to another project', async () => {
    const unscoped = await accessToken({ scope: 'email' });
    expect(await send({}, { authorization: unscoped })).toMatchObject({ status: 403 });
    const stranger = await accessToken({ iss: 'somebody@elsewhere.example' });
    expect(await send({}, { authorization: stranger })).toMatchObject({ status: 403 });
    expect(
      await send({ message: { token, ...hello } }, { authorization: stranger }, 'free'),
    ).toMatchObject({ status: 200 });
    clock.advance(3_600_000);
    expect(await send({})).toMatchObject({ status: 401 });
    authorization = await accessToken();
  });

  it('other paths', async () => {
    expect((await client.send('/fcm/send', {}, {})).status).toBe(404);
  });
});

describe('the quota', () => {
  it('of a device ends its minute, with QuotaFailure and Retry-After', async () => {
    const message = { token: 'busy', data: { a: 'b' } };
    for (let count = 0; count < 3; count++) expect((await send({ message })).status).toBe(200);
    const { status, headers, body } = await send({ message });
    expect(status).toBe(429);
    expect(Number(headers['retry-after'])).toBeGreaterThan(0);
    expect(detailsOf(body)).toMatchObject([
      { errorCode: 'QUOTA_EXCEEDED' },
      { '@type': `${google}.rpc.QuotaFailure`, violations: [{ subject: 'device' }] },
    ]);
    clock.advance(60_000);
    expect((await send({ message })).status).toBe(200);
  });

  it('of a project counts refused messages, and 429 is free', async () => {
    const path = '/v1/projects/bank/messages:send';
    const burst = (count: number) =>
      Promise.all(Array.from({ length: count }, () => client.send(path, { authorization }, {})));
    const statuses = (await burst(99)).concat(await burst(3)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 400)).toHaveLength(100);
    expect(statuses.filter((status) => status === 429)).toHaveLength(2);
    expect((await send({})).text).toContain('"subject":"project"');
  });

  it('of collapsible messages lets twenty through and then one in three minutes', async () => {
    let message = { token: 'collapsing', android: { collapse_key: 'k' } };
    for (let count = 0; count < 21; count++) {
      if (count % 3 === 0) clock.advance(60_000);
      expect((await send({ message })).status).toBe(200);
    }
    message = { ...message };
    const statuses = [];
    for (let count = 0; count < 3; count++) statuses.push((await send({ message })).status);
    expect(statuses).toContain(429);
  });
});

describe('the token endpoint', () => {
  it('answers over HTTP/1.1, as google-auth-library asks', async () => {
    const jwt = await assertion(signer.privateKey);
    const { status, text } = await http1('/token', {}, form(jwt));
    expect(status).toBe(200);
    expect(JSON.parse(text)).toEqual({
      access_token: expect.stringMatching(/^ya29\./) as unknown,
      expires_in: 3599,
      token_type: 'Bearer',
    });
  });

  it.each([
    ['another signature', () => assertion(rsaSigner().privateKey), 'Invalid JWT Signature.'],
    ['an expired assertion', () => assertion(signer.privateKey, { exp: 1 }), 'short-lived'],
    ['two hours', () => assertion(signer.privateKey, { exp: hoursFromNow(2) }), 'short-lived'],
    ['no JWT', () => Promise.resolve('x'), 'assertion is not a JWT'],
  ])('refuses %s', async (_what, jwt, description) => {
    const { status, text } = await client.send('/token', {}, form(await jwt()));
    expect(status).toBe(400);
    expect(JSON.parse(text)).toEqual({
      error: 'invalid_grant',
      error_description: expect.stringContaining(description) as unknown,
    });
  });

  it('refuses other grants', async () => {
    const { text } = await client.send('/token', {}, 'grant_type=password');
    expect(text).toContain('unsupported_grant_type');
  });

  it('never shows its tokens in the log', () => {
    const logged = simulator.log.last().filter(({ path }) => path === '/token');
    expect(logged.length).toBeGreaterThan(0);
    expect(JSON.stringify(simulator.log.last())).not.toMatch(/ya29|assertion=/);
  });

  function hoursFromNow(hours: number) {
    return Math.floor(clock.now().getTime() / 1000) + hours * 3600;
  }
});

function detailsOf(body: Record<string, unknown>) {
  return (body.error as { details: object[] }).details;
}

function http1(path: string, headers: Record<string, string>, body: string | object) {
  return new Promise<{ status: number | undefined; text: string }>((resolve, reject) => {
    const options = { method: 'POST', ca: simulator.ca, headers, agent: false };
    const call = request(`${simulator.fcmUrl}${path}`, options, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.on('end', () => {
        resolve({ status: response.statusCode, text });
      });
    });
    call.on('error', reject);
    call.end(typeof body === 'string' ? body : JSON.stringify(body));
  });
}
