import { SystemClock } from '@app/core';
import { generateKeyPairSync } from 'node:crypto';
import { fcmErrorOutcomes, fcmStatusOutcomes } from './fcm-outcomes';
import { FcmGateway } from './fcm.gateway';
import { answer, LoopbackGateway, type Received } from '../testing/loopback-gateway';

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const serviceAccount = {
  type: 'service_account',
  project_id: 'my-project',
  client_email: 'push@my-project.iam.gserviceaccount.com',
  private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
};
const target = { token: 'T', deliveryId: '7f3c1c7e-55d1-5b0e-9a56-0d9a3a8d1f10' };
const name = 'projects/my-project/messages/1';
const detail = (type: string, more: object) => ({
  '@type': `type.googleapis.com/${type}`,
  ...more,
});
const fcmError = (errorCode: string) => detail('google.firebase.fcm.v1.FcmError', { errorCode });
const refusal = (code: number, status: string, details: object[] = [], message = 'No.') =>
  answer(code, { error: { code, message, status, details } });

describe('The FCM gateway', () => {
  let server: LoopbackGateway;
  let gateway: FcmGateway;
  let tokens: number;

  beforeEach(async () => {
    server = await LoopbackGateway.start(100);
    server.handler = answer(200, { name });
    tokens = 0;
    server.token = (_, response) => {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ access_token: `token-${++tokens}`, expires_in: 3600 }));
    };
    const credential = { projectId: 'my-project', serviceAccount: JSON.stringify(serviceAccount) };
    const options = { url: server.url, ca: server.ca, clock: new SystemClock() };
    gateway = new FcmGateway(credential, options);
  });

  afterEach(async () => {
    await gateway.close(0);
    await server.stop();
  });

  const send = () => gateway.prepare({ title: 'a', silent: false }).deliver(target);

  it('sends with one access token, however many want it at once', async () => {
    const outcomes = await Promise.all(Array.from({ length: 100 }, send));
    expect(outcomes).toEqual(Array(100).fill({ class: 'accepted', gatewayId: name }));
    expect(tokens).toBe(1);
    expect(server.received[0]?.headers).toMatchObject({
      ':path': '/v1/projects/my-project/messages:send',
      authorization: 'Bearer token-1',
    });
  });

  it('names the host it wants in every TLS handshake, for Google serves many behind one address', async () => {
    await send();
    expect(server.serverNames).toEqual(['localhost', 'localhost']); // token endpoint, gateway
  });

  it('fetches a new token once when 100 requests under way find theirs refused', async () => {
    await send();
    server.handler = (received: Received) => {
      const old = received.headers.authorization === 'Bearer token-1';
      (old ? refusal(401, 'UNAUTHENTICATED') : answer(200, { name }))(received);
    };
    const outcomes = await Promise.all(Array.from({ length: 100 }, send));
    expect(new Set(outcomes.map((one) => one.class))).toEqual(new Set(['accepted']));
    expect(tokens).toBe(2);
  });

  it('takes a second 401 for a credential fault', async () => {
    server.handler = refusal(401, 'UNAUTHENTICATED');
    expect(await send()).toMatchObject({ class: 'credential', reason: 'UNAUTHENTICATED' });
    expect(server.received).toHaveLength(2);
  });

  it('takes a status in the place of a code for that status', async () => {
    server.handler = refusal(401, 'UNAUTHENTICATED', [fcmError('UNAUTHENTICATED')]);
    expect(await send()).toMatchObject({ class: 'credential', reason: 'UNAUTHENTICATED' });
  });

  it('does not blame our token for a bad key at Apple', async () => {
    server.handler = refusal(401, 'UNAUTHENTICATED', [fcmError('THIRD_PARTY_AUTH_ERROR')]);
    const odd = { class: 'device', reason: 'THIRD_PARTY_AUTH_ERROR', doubtful: true };
    expect(await send()).toMatchObject(odd);
    expect(tokens).toBe(1);
  });

  it("does not blame our token for Apple's word about a device, whatever is missing beside it", async () => {
    const apnsError = detail('google.firebase.fcm.v1.ApnsError', {
      statusCode: 403,
      reason: 'InvalidProviderToken',
    });
    server.handler = refusal(401, 'UNAUTHENTICATED', [apnsError]);
    expect(await send()).toMatchObject({ class: 'device', doubtful: true });
  });

  const accused = (row: { class: string; doubtful?: true } | undefined) =>
    row?.doubtful === true ? `${row.class} or us` : row?.class;

  it.each([
    ['UNSPECIFIED_ERROR', 'transport'],
    ['INVALID_ARGUMENT', 'message'],
    ['UNREGISTERED', 'token'],
    ['NOT_FOUND', 'token or us'],
    ['SENDER_ID_MISMATCH', 'token or us'],
    ['THIRD_PARTY_AUTH_ERROR', 'device or us'],
    ['QUOTA_EXCEEDED', 'project_rate'],
    ['UNAVAILABLE', 'transport'],
    ['INTERNAL', 'transport'],
  ])('the error code %s accuses the %s', (code, expected) => {
    expect(accused(fcmErrorOutcomes.get(code))).toBe(expected);
  });

  it.each([
    ['INVALID_ARGUMENT', 'message'],
    ['OUT_OF_RANGE', 'message'],
    ['UNAUTHENTICATED', 'credential'],
    ['PERMISSION_DENIED', 'configuration'],
    ['UNIMPLEMENTED', 'configuration'],
    ['NOT_FOUND', 'device or us'],
    ['FAILED_PRECONDITION', 'device or us'],
    ['RESOURCE_EXHAUSTED', 'project_rate'],
    ['ABORTED', 'transport'],
    ['CANCELLED', 'transport'],
    ['DEADLINE_EXCEEDED', 'transport'],
    ['INTERNAL', 'transport'],
    ['UNAVAILABLE', 'transport'],
    ['UNKNOWN', 'transport'],
  ])('the bare status %s accuses the %s', (status, expected) => {
    expect(accused(fcmStatusOutcomes.get(status))).toBe(expected);
  });

  it('has a row for each of these and no other', () => {
    expect([fcmErrorOutcomes.size, fcmStatusOutcomes.size]).toEqual([9, 14]);
  });

  it.each([
    [400, 'device'],
    [401, 'device'],
    [403, 'device'],
    [404, 'device'],
    [429, 'project_rate'],
    [500, 'transport'],
  ])('falls by status for a code that it does not know (%d)', async (status, expected) => {
    for (const details of [[fcmError('SOMETHING_NEW')], []]) {
      server.handler = refusal(status, 'SOMETHING_NEW', details);
      const outcome = await send();
      expect(outcome).toMatchObject({ class: expected, reason: 'SOMETHING_NEW' });
      expect('doubtful' in outcome).toBe(expected === 'device');
    }
  });

  it('reports a service account that Google refuses, without asking again for each message', async () => {
    server.token = (_, response) => {
      tokens++;
      response.writeHead(400, { 'content-type': 'application/json' });
      response.end('{"error":"invalid_grant","error_description":"Invalid JWT Signature."}');
    };
    const outcomes = [await send(), await send()];
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({ class: 'credential', reason: 'AccessTokenRefused' });
    }
    expect(tokens).toBe(1);
    expect(server.received).toHaveLength(0);
  });

  it.each([...fcmErrorOutcomes])(
    'takes error code %s for what the table says',
    async (code, row) => {
      server.handler = refusal(400, 'INVALID_ARGUMENT', [fcmError(code)]);
      expect(await send()).toMatchObject({ class: row.class, reason: code, detail: 'No.' });
    },
  );

  it.each([...fcmStatusOutcomes])(
    'takes a bare status %s for what the table says',
    async (status, row) => {
      server.handler = refusal(400, status);
      expect(await send()).toMatchObject({ class: row.class, reason: status });
    },
  );

  it.each([
    [400, 'token', [{ field: 'message.token' }]],
    [400, 'token', []],
    [400, 'message', [{ field: 'message.data' }]],
  ])(
    'blames the token only in the one form that is about it (%#)',
    async (code, expected, fieldViolations) => {
      const text = 'The registration token is not a valid FCM registration token';
      const details = [
        fcmError('INVALID_ARGUMENT'),
        detail('google.rpc.BadRequest', { fieldViolations }),
      ];
      server.handler = refusal(code, 'INVALID_ARGUMENT', details, text);
      expect(await send()).toMatchObject({ class: expected });
    },
  );

  it('keeps the token when the project is unknown', async () => {
    server.handler = refusal(404, 'NOT_FOUND');
    expect(await send()).toMatchObject({ class: 'device', doubtful: true });
    server.handler = refusal(404, 'NOT_FOUND', [fcmError('UNREGISTERED')]);
    expect(await send()).toMatchObject({ class: 'token', reason: 'UNREGISTERED' });
  });

  it("tells the device's quota from the project's", async () => {
    const quota = (subject: string) => [
      fcmError('QUOTA_EXCEEDED'),
      detail('google.rpc.QuotaFailure', { violations: [{ subject, description: 'exceeded' }] }),
    ];
    server.handler = refusal(429, 'RESOURCE_EXHAUSTED', quota('device:T'));
    expect(await send()).toMatchObject({ class: 'device_rate', retryAfterMs: 60_000 });
    server.handler = refusal(429, 'RESOURCE_EXHAUSTED', quota('project:1'));
    expect(await send()).toMatchObject({ class: 'project_rate', retryAfterMs: 60_000 });
  });

  it.each(['0', '-1', 'Thu, 01 Jan 1970 00:00:00 GMT', 'soon'])(
    'makes its own pause of Retry-After: %s',
    async (value) => {
      const body = { error: { code: 429, message: 'No.', status: 'RESOURCE_EXHAUSTED' } };
      server.handler = answer(429, body, { 'retry-after': value });
      expect(await send()).toMatchObject({ class: 'project_rate', retryAfterMs: 60_000 });
    },
  );

  it.each([0, -5, 1, 300])('uses a token that lives %d seconds more than once', async (seconds) => {
    server.token = (_, response) => {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ access_token: `token-${++tokens}`, expires_in: seconds }));
    };
    await send();
    await send();
    expect(tokens).toBe(1);
  });

  it.each([
    [200, '<html>', 'accepted'],
    [404, '<html>Not found</html>', 'transport'],
    [404, '{"error":"no"}', 'transport'],
    [400, '{"error":{"status":1}}', 'transport'],
    [429, '', 'project_rate'],
    [503, '{"error":{"status":"UNAVAILABLE","details":7}}', 'transport'],
    [500, '<'.repeat(300_000), 'transport'],
  ])('survives a hostile answer (%d, %#)', async (status, body, expected) => {
    server.handler = answer(status, body);
    expect(await send()).toMatchObject({ class: expected });
  });
});
