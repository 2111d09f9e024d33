import { Clock } from '@app/core';
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { jwtVerify } from 'jose';
import { apnsOutcomes } from './apns-outcomes';
import { ApnsGateway } from './apns.gateway';
import type { MessageContent } from '../content/message';
import type { Dial } from '../http2/connection';
import { dialHttp2 } from '../http2/http2-connection';
import type { PoolOptions } from '../http2/http2-pool';
import { accept, answer, LoopbackGateway } from '../testing/loopback-gateway';

class MovableClock extends Clock {
  time = new Date('2026-11-21T08:00:00Z').getTime();
  now(): Date {
    return new Date(this.time);
  }
}

const minute = 60_000;
const token = 'AB<12> cd';
const deliveryId = '7f3c1c7e-55d1-5b0e-9a56-0d9a3a8d1f10';
const content: MessageContent = { title: 'Balance', body: 'It is 745', silent: false };

describe('The APNs gateway', () => {
  let server: LoopbackGateway;
  let gateway: ApnsGateway;
  let clock: MovableClock;
  let privateKey: string;

  beforeEach(async () => {
    server = await LoopbackGateway.start();
    clock = new MovableClock();
    const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    privateKey = pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    gateway = open();
  });

  afterEach(async () => {
    await gateway.close(0);
    await server.stop();
  });

  function open(options: PoolOptions = {}): ApnsGateway {
    const names = { bundle: 'com.example.bank', keyId: 'KEYID12345', teamId: 'TEAMID1234' };
    const credential = { ...names, environment: 'production' as const, privateKey };
    return new ApnsGateway(credential, { url: server.url, ca: server.ca, clock, ...options });
  }

  const send = (message = content) => gateway.prepare(message).deliver({ token, deliveryId });
  const authorizations = () => server.received.map(({ headers }) => headers.authorization);

  it('sends what Apple asks for, under the id of the delivery', async () => {
    expect(await send()).toEqual({ class: 'accepted' });
    const [{ headers, body } = { headers: {}, body: '' }] = server.received;
    expect(headers).toMatchObject({
      ':method': 'POST',
      ':path': '/3/device/ab12cd',
      'apns-topic': 'com.example.bank',
      'apns-push-type': 'alert',
      'apns-priority': '10',
      'apns-id': deliveryId,
      'apns-collapse-id': deliveryId,
    });
    expect(headers).not.toHaveProperty('apns-expiration');
    expect(body).toBe('{"aps":{"alert":{"title":"Balance","body":"It is 745"}}}');
    const jwt = headers.authorization?.replace('bearer ', '') ?? '';
    const { payload, protectedHeader } = await jwtVerify(jwt, createPublicKey(privateKey), {
      currentDate: clock.now(),
    });
    expect(protectedHeader).toEqual({ alg: 'ES256', kid: 'KEYID12345' });
    expect(payload).toEqual({ iss: 'TEAMID1234', iat: clock.time / 1000 });
  });

  it('gives a connection the same head with all requests of a message', async () => {
    const heads: unknown[] = [];
    const dial: Dial = (...how) => {
      const connection = dialHttp2(...how);
      const carry = connection.carry.bind(connection);
      connection.carry = (exchange) => {
        heads.push(exchange.head);
        carry(exchange);
      };
      return connection;
    };
    await gateway.close(0);
    gateway = open({ dial });
    const prepared = gateway.prepare(content);
    for (const device of ['ab', 'cd']) {
      expect(await prepared.deliver({ token: device, deliveryId })).toEqual({ class: 'accepted' });
    }
    expect(heads).toHaveLength(2);
    expect(heads[1]).toBe(heads[0]);
  });

  it('sends the collapse key and the expiration of the author', async () => {
    await send({ ...content, collapseKey: 'balance', validUntil: new Date(1_513_027_349_923) });
    expect(server.received[0]?.headers).toMatchObject({
      'apns-collapse-id': 'balance',
      'apns-expiration': '1513027349',
    });
  });

  it.each([...apnsOutcomes])('takes %s for what the table says', async (reason, row) => {
    server.handler = answer(400, { reason });
    const outcome = await send();
    expect(outcome).toMatchObject({ class: row.class, reason });
    expect('doubtful' in outcome).toBe(row.doubtful === true);
  });

  it.each([
    ['BadCollapseId', 'message'],
    ['BadExpirationDate', 'message'],
    ['BadPriority', 'message'],
    ['InvalidPushType', 'message'],
    ['PayloadEmpty', 'message'],
    ['PayloadTooLarge', 'message'],
    ['Unregistered', 'token'],
    ['ExpiredToken', 'token'],
    ['BadDeviceToken', 'token or us'],
    ['DeviceTokenNotForTopic', 'token or us'],
    ['BadMessageId', 'device or us'],
    ['BadPath', 'device or us'],
    ['DuplicateHeaders', 'device or us'],
    ['MissingDeviceToken', 'device or us'],
    ['BadTopic', 'configuration'],
    ['MissingTopic', 'configuration'],
    ['TopicDisallowed', 'configuration'],
    ['MethodNotAllowed', 'configuration'],
    ['BadCertificate', 'credential'],
    ['BadCertificateEnvironment', 'credential'],
    ['BadEnvironmentKeyIdInToken', 'credential'],
    ['BadEnvironmentKeyInToken', 'credential'],
    ['ExpiredProviderToken', 'credential'],
    ['Forbidden', 'credential'],
    ['InvalidProviderToken', 'credential'],
    ['MissingProviderToken', 'credential'],
    ['TooManyRequests', 'device_rate'],
    ['TooManyProviderTokenUpdates', 'project_rate'],
    ['IdleTimeout', 'transport'],
    ['InternalServerError', 'transport'],
    ['ServiceUnavailable', 'transport'],
    ['Shutdown', 'transport'],
    ['UnrelatedKeyIdInToken', 'transport'],
  ])('%s accuses the %s', (reason, accused) => {
    const row = apnsOutcomes.get(reason);
    expect(row?.doubtful === true ? `${row.class} or us` : row?.class).toBe(accused);
  });

  it('has a row for each of these and no other', () => {
    expect(apnsOutcomes.size).toBe(33);
  });

  it.each([
    [{ status: 410, reason: 'Unregistered' }, 'token'],
    [{ status: 400, reason: 'SomethingNew' }, 'device'],
    [{ status: 401, reason: 'SomethingNew' }, 'device'],
    [{ status: 410, reason: 'SomethingNew' }, 'device'],
    [{ status: 403, reason: 'SomethingNew' }, 'device'],
    [{ status: 404, reason: 'SomethingNew' }, 'device'],
    [{ status: 429, reason: 'SomethingNew' }, 'device_rate'],
    [{ status: 503, reason: 'SomethingNew' }, 'transport'],
  ])('falls by status for a reason it does not know: %j', async ({ status, reason }, expected) => {
    server.handler = answer(status, { reason });
    const outcome = await send();
    expect(outcome).toMatchObject({ class: expected, reason });
    expect('doubtful' in outcome).toBe(expected === 'device');
  });

  it.each([
    [400, '<html>Bad gateway</html>', 'transport', true],
    [410, '', 'transport', true],
    [410, '{"timestamp":1}', 'transport', true],
    [410, '{"reason":"Unregist', 'transport', true],
    [403, 'null', 'transport', true],
    [200 + 4, '', 'transport', true],
    [302, '[]', 'transport', true],
    [429, '<html>', 'project_rate', false],
    [502, '<html>'.repeat(50_000), 'transport', false],
  ])(
    'blames neither message nor device nor, for one answer, the lane for a stranger (%d)',
    async (status, body, expected, doubtful) => {
      server.handler = answer(status, body);
      const outcome = await send();
      expect(outcome).toMatchObject({ class: expected, reason: `HTTP ${status}` });
      expect('doubtful' in outcome).toBe(doubtful);
    },
  );

  it('tells since when a token is dead, and which deaths are doubtful', async () => {
    server.handler = answer(410, { reason: 'Unregistered', timestamp: 1_700_000_000_000 });
    expect(await send()).toEqual({
      class: 'token',
      reason: 'Unregistered',
      invalidSince: new Date(1_700_000_000_000),
    });
    server.handler = answer(400, { reason: 'BadDeviceToken' });
    expect(await send()).toEqual({ class: 'token', reason: 'BadDeviceToken', doubtful: true });
  });

  it.each([
    ['120', 120_000],
    ['Sat, 21 Nov 2026 08:01:00 GMT', 60_000],
    ['Saturday, 21-Nov-26 08:01:00 GMT', 60_000],
    ['Sat Nov 21 08:01:00 2026', 60_000],
    ['1', 1_000],
    ['Sat, 21 Nov 2026 08:00:00 GMT', undefined],
    ['99999999', 3_600_000],
    ['9'.repeat(400), 3_600_000],
    ['Fri, 31 Dec 9999 23:59:59 GMT', 3_600_000],
    ['0', undefined],
    ['Thu, 01 Jan 1970 00:00:00 GMT', undefined],
    ['-5', undefined],
    ['1.5', undefined],
    ['1e3', undefined],
    ['soon', undefined],
    ['2030-01-01', undefined],
    ['Sat, 99 Nov 2026 08:01:00 GMT', undefined],
    ['', undefined],
  ])('takes Retry-After: %s for a pause of %s ms', async (value, retryAfterMs) => {
    server.handler = answer(503, { reason: 'ServiceUnavailable' }, { 'retry-after': value });
    const reason = 'ServiceUnavailable';
    expect(await send()).toEqual({ class: 'transport', reason, sent: true, retryAfterMs });
  });

  it('takes what is left of a second for a whole one', async () => {
    clock.time += 59_700;
    server.handler = answer(
      503,
      { reason: 'ServiceUnavailable' },
      { 'retry-after': 'Sat, 21 Nov 2026 08:01:00 GMT' },
    );
    expect(await send()).toMatchObject({ retryAfterMs: 1_000 });
  });

  it('mints one provider token for all gateways of a team and key', async () => {
    await send();
    const second = open();
    await second.prepare(content).deliver({ token, deliveryId });
    await second.close(0);
    clock.time += 49 * minute;
    await send();
    expect(new Set(authorizations()).size).toBe(1);
    clock.time += 2 * minute;
    await send();
    expect(new Set(authorizations()).size).toBe(2);
  });

  it('mints exactly one token when 100 requests under way find theirs expired', async () => {
    await send();
    const [old] = authorizations();
    clock.time += 30 * minute;
    server.handler = (received) => {
      if (received.headers.authorization === old)
        answer(403, { reason: 'ExpiredProviderToken' })(received);
      else accept(received);
    };
    const message = gateway.prepare(content);
    const outcomes = await Promise.all(
      Array.from({ length: 100 }, () => message.deliver({ token, deliveryId })),
    );
    expect(new Set(outcomes.map((outcome) => outcome.class))).toEqual(new Set(['accepted']));
    expect(new Set(authorizations()).size).toBe(2);
  });

  it('takes an expired token for a credential fault when a new one is refused, or too early', async () => {
    server.handler = answer(403, { reason: 'ExpiredProviderToken' });
    expect(await send()).toMatchObject({ class: 'credential', reason: 'ExpiredProviderToken' });
    expect(server.received).toHaveLength(1);
    clock.time += 21 * minute;
    expect(await send()).toMatchObject({ class: 'credential', reason: 'ExpiredProviderToken' });
    expect(server.received).toHaveLength(3);
  });

  it('sends nothing to a token without a hexadecimal digit', async () => {
    const outcome = await gateway.prepare(content).deliver({ token: '--', deliveryId });
    expect(outcome).toMatchObject({ class: 'token', reason: 'BadDeviceToken' });
    expect(server.received).toHaveLength(0);
  });
});
