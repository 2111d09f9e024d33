import { until } from '@app/testing/time';
import { ApiClient } from './api-client';

let api: ApiClient;
beforeAll(async () => {
  api = await ApiClient.start();
});
afterAll(() => api.close());

const post = (body: string, headers: Record<string, string> = {}) =>
  api.fetch('/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  });

const badRequest = (message: unknown) => ({
  errors: [{ message, extensions: { code: 'BAD_REQUEST' } }],
});

const readiness = async () => {
  const response = await api.fetch('/readyz');
  return { status: response.status, body: (await response.json()) as { readonly jobs: string } };
};

describe('plain HTTP', () => {
  it('tells that the process lives and that it can serve', async () => {
    expect(await (await api.fetch('/healthz')).json()).toEqual({ status: 'ok' });
    // Its parts answer in time, unless the machine is busy with something else.
    let ready = await readiness();
    await until(async () => {
      ready = await readiness();
      return ready.status === 200 && ready.body.jobs !== 'unknown';
    });
    expect(ready).toEqual({
      status: 200,
      body: { status: 'ok', database: 'ok', queue: 'ok', jobs: 'ok' },
    });
  });

  it('answers unknown routes with a problem', async () => {
    const response = await api.fetch('/nowhere?token=secret');
    expect(response.status).toBe(404);
    expect(response.headers.get('content-type')).toContain('application/problem+json');
    expect(await response.json()).toMatchObject({
      type: 'about:blank',
      title: 'Not Found',
      status: 404,
    });
  });

  it('answers in the form of a route, however the path of that is spelled', async () => {
    for (const path of ['/api/oauth/token', '/api/%6Fauth/token', '/%61pi/oauth/nothing']) {
      const response = await api.fetch(path, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{',
      });
      expect(response.status).toBe(400);
      const isRoute = !path.endsWith('nothing');
      expect('error' in ((await response.json()) as object)).toBe(isRoute);
    }
  });

  it('refuses a body of more than four megabytes', async () => {
    const response = await post(JSON.stringify({ query: '#'.repeat(4 * 1_048_576) }));
    expect(response.status).toBe(413);
    expect(await response.json()).toEqual(badRequest('Request body is too large'));
  });

  it('refuses a body that is no JSON', async () => {
    const response = await post('{');
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual(badRequest(expect.stringContaining('JSON')));
  });

  it.each(['gzip', 'X-GZIP', 'deflate', 'identity, br'])(
    'says of a body in %s that only uploads are unpacked',
    async (coding) => {
      const response = await post('{}', { 'content-encoding': coding });
      expect(response.status).toBe(415);
      expect(JSON.stringify(await response.json())).toContain(
        'Only uploads may have a Content-Encoding',
      );
    },
  );

  it('takes a body that is packed in nothing', async () => {
    const body = JSON.stringify({ query: '{ __typename }' });
    expect((await post(body, { 'content-encoding': 'Identity' })).status).toBe(200);
  });

  it('refuses batches, and what a foreign page could make a browser send', async () => {
    const batch = await post(JSON.stringify([{ query: '{ __typename }' }]));
    expect(batch.status).toBe(400);
    const simple = await post('{ "query": "{ __typename }" }', { 'content-type': 'text/plain' });
    expect(simple.status).toBeGreaterThanOrEqual(400);
    const link = await api.fetch('/graphql?query=%7B__typename%7D');
    expect(link.status).toBe(400);
  });

  it('answers introspection', async () => {
    expect(await api.ask('{ __schema { queryType { name } } }')).toEqual({
      queryType: { name: 'Query' },
    });
  });
});

describe('every answer', () => {
  const answers = [
    { path: '/graphql', accept: 'text/html', isPage: true },
    { path: '/docs', accept: 'text/html', isPage: true },
    { path: '/', accept: 'text/html' },
    { path: '/playground/playground.js' },
    { path: '/openapi.json' },
    { path: '/healthz' },
    { path: '/.well-known/jwks.json' },
    { path: '/no/such/route' },
    { path: '/push/service/status' },
    { path: '/apispaces/nowhere/sessions/start' },
  ];
  const headersOf = async (caller: ApiClient, { path, accept }: (typeof answers)[number]) => {
    const headers = accept === undefined ? {} : { accept };
    return (await caller.as(undefined).fetch(path, { headers, redirect: 'manual' })).headers;
  };

  it.each(answers)('is of the type that it says, and in no frame: $path', async (one) => {
    const headers = await headersOf(api, one);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('strict-transport-security')).toBeNull();
    if (one.isPage !== true) return;
    expect(headers.get('content-type')).toMatch(/^text\/html/);
    expect(headers.get('content-security-policy')).toMatch(/frame-ancestors 'none'/);
    expect(headers.get('x-frame-options')).toBe('DENY');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
  });

  it('wants https from now on where that is our address', async () => {
    const secure = await ApiClient.start({ PUBLIC_URL: 'https://push.example.com' });
    for (const one of answers) {
      const headers = await headersOf(secure, one);
      expect(headers.get('strict-transport-security')).toBe('max-age=31536000');
    }
    await secure.close();
  });
});

describe('lanes', () => {
  it('show an open breaker until there are other credentials, and a pause until it is over', async () => {
    await api.ask(`mutation { createApplication(input: { id: 1, name: "Bank" }) { id } }`);
    const version = '00000000-0000-4000-8000-000000000001';
    await api.sql(
      `INSERT INTO gateway_credentials (application_id, gateway, version, realm, facts, sealed)
       VALUES (1, 'fcm', $1, 'my-project', '{"projectId": "my-project"}', 'sealed')`,
      [version],
    );
    await api.sql(`INSERT INTO lanes (application_id, gateway) VALUES (1, 'apns')`);
    await api.sql(
      `INSERT INTO lanes (application_id, gateway, open_version, open_reason, open_message_id, open_device_id,
         opened_at, paused_until)
       VALUES (1, 'fcm', $1, 'SENDER_ID_MISMATCH', $1, 7, now(), now() + interval '1 hour')`,
      [version],
    );
    const closed = { gateway: 'APNS', perSecond: 0, breaker: null, pausedUntil: null };
    const open = {
      gateway: 'FCM',
      perSecond: 9500,
      breaker: {
        reason: 'SENDER_ID_MISMATCH',
        since: expect.any(String) as string,
        deliveryId: expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/) as string,
        deviceId: '7',
      },
      pausedUntil: expect.any(String) as string,
    };
    expect(await api.ask(LANES)).toEqual([closed, open]);
    await api.sql('UPDATE lanes SET open_message_id = NULL, open_device_id = NULL');
    const nobody = { ...open.breaker, deliveryId: null, deviceId: null };
    expect(await api.ask(LANES)).toEqual([closed, { ...open, breaker: nobody }]);
    await api.sql('UPDATE gateway_credentials SET version = gen_random_uuid()');
    expect(await api.ask(LANES)).toEqual([closed, { ...open, breaker: null }]);
  });
});

const LANES = `{
  lanes(applicationId: "1") { gateway perSecond breaker { since reason deliveryId deviceId } pausedUntil }
}`;
