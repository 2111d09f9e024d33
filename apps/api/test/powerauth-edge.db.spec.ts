import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { namedRequest } from '@app/testing/named-request';
import type { OpenApi } from '../src/openapi/document';
import { PowerAuthServer } from './powerauth-server';

const device = { appId: 1, token: 'ab12', platform: 'ios', activationId: 'a-1' };
const json = { 'content-type': 'application/json' };
const wrap = (requestObject: object) => JSON.stringify({ requestObject });

const refusal = (message: unknown) => ({
  status: 'ERROR',
  responseObject: { code: 'ERROR_GENERIC', message },
});

describe('on a trusted network', () => {
  let server: PowerAuthServer;
  beforeAll(async () => {
    server = await PowerAuthServer.start();
    await server.carillon.createApplication();
    await server.createActivation('a-1', 'alice');
  });
  afterAll(() => server.close());

  const create = (body: string, contentType = 'application/json') =>
    server.client.send('POST', '/push/device/create', body, { 'content-type': contentType });

  it('tells its status', async () => {
    const { timestamp, ...rest } = await server.client.status();
    expect(timestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00$/);
    expect(rest).toEqual({
      applicationName: 'powerauth-push',
      applicationDisplayName: 'PowerAuth Push Server',
      applicationEnvironment: '',
      version: null,
      buildTime: null,
    });
  });

  it.each([
    ['numbers as text', { ...device, appId: '1' }],
    ['fractions', { ...device, appId: 1.9 }],
    ['unknown keys', { ...device, encryption: { key: [1] }, environment: null }],
  ])('takes %s', async (_, body) => {
    expect((await create(wrap(body))).status).toBe(200);
  });

  it.each([
    ['garbage after the JSON', wrap(device) + '}}x'],
    ['a second key that wins', wrap(device).replace('"appId":1', '"appId":99,"appId":1')],
    ['a byte order mark', '\ufeff' + wrap(device)],
  ])('takes %s', async (_, body) => {
    expect((await create(body)).status).toBe(200);
  });

  it.each([
    ['broken JSON', '{"requestObject":', 'application/json'],
    ['an empty body', '', 'application/json'],
    ['null', 'null', 'application/json'],
    ['a list', '[]', 'application/json'],
    ['text', '"a"', 'application/json'],
    ['a list for the request', '{"requestObject":[]}', 'application/json'],
    ['text for a number', wrap({ ...device, appId: 'abc' }), 'application/json'],
    ['true for a number', wrap({ ...device, appId: true }), 'application/json'],
    ['an object for text', wrap({ ...device, token: {} }), 'application/json'],
    ['NUL', wrap({ ...device, activationId: 'a\0b' }), 'application/json'],
    ['half a character', wrap({ ...device, activationId: 'a\ud800' }), 'application/json'],
    ['a huge number', wrap(device).replace(':1', ':1e999'), 'application/json'],
    [
      'a number of many digits',
      wrap(device).replace(':1', `:${'9'.repeat(400)}`),
      'application/json',
    ],
    ['__proto__', wrap(device).replace('"appId"', '"__proto__":{},"appId"'), 'application/json'],
    ['deep nesting', '{"requestObject":' + '['.repeat(100_000), 'application/json'],
    ['text/plain', wrap(device), 'text/plain'],
    ['XML', '<a/>', 'application/xml'],
    ['a form', 'requestObject=1', 'application/x-www-form-urlencoded'],
    ['no sensible content type', wrap(device), '/;='],
    ['more than a megabyte', wrap({ ...device, token: 'a'.repeat(1_048_577) }), 'application/json'],
  ])('refuses %s in the envelope', async (_, body, contentType) => {
    const reply = await create(body, contentType);
    expect(JSON.parse(reply.text)).toEqual(refusal(expect.any(String)));
    expect(reply.status).toBe(400);
    expect(reply.headers.get('content-type')).toBe('application/json');
  });

  it('does not repeat what was sent', async () => {
    const reply = await create(wrap({ ...device, appId: 'secret' }));
    expect(JSON.parse(reply.text)).toEqual(refusal('requestObject.appId wants a number.'));
  });

  it('writes indented JSON and leaves no other header than the type', async () => {
    const { text, headers } = await create(wrap(device));
    expect(text).toBe('{\n  "status": "OK"\n}');
    expect(headers.get('content-type')).toBe('application/json');
  });

  it('takes POSTs that have a content type and no body', async () => {
    const { id } = await server.client.createCampaign({ appId: 1, message: {} });
    const head = `Host: localhost\r\nContent-Type: application/json\r\nContent-Length: 0\r\n\r\n`;
    expect(
      await raw(server.origin, `POST /push/campaign/send/live/${id} HTTP/1.1\r\n${head}`),
    ).toMatch(/^HTTP\/1.1 200 /);
    expect(
      await raw(server.origin, `POST /push/campaign/${id}/delete HTTP/1.1\r\n${head}`),
    ).toMatch(/^HTTP\/1.1 200 /);
  });

  it.each([
    '/push/campaign/list/',
    '/push/campaign/list/?all=true',
    '/admin/app/list/',
    '/push/service/status/',
  ])('takes %s with a slash at its end', async (path) => {
    expect((await server.client.send('GET', path)).status).toBe(200);
  });

  it('answers HEAD as GET', async () => {
    expect((await server.client.send('HEAD', '/push/service/status')).status).toBe(200);
  });

  it.each<[string, string, Record<string, string>, number, RegExp]>([
    ['POST', '/push/campaign/1/delete', { ...json, origin: 'https://evil.example' }, 403, /Origin/],
    ['POST', '/push/campaign/1/delete', { ...json, origin: 'null' }, 403, /Origin/],
    ['DELETE', '/push/campaign/1/delete', { origin: 'http://127.0.0.1' }, 403, /Origin/],
    ['GET', '/push/campaign/list', { 'sec-fetch-site': 'cross-site' }, 403, /Sec-Fetch-Site/],
    ['POST', '/push/campaign/1/delete', { ...json, host: 'evil.example' }, 403, /POWERAUTH_HOSTS/],
    ['GET', '/push/campaign/list', { host: 'evil.example:3000' }, 403, /POWERAUTH_HOSTS/],
    ['GET', '/admin/app/list', { host: 'evil.example' }, 403, /POWERAUTH_HOSTS/],
    ['GET', '/push/campaign/list', { 'x-forwarded-host': 'evil.example' }, 403, /POWERAUTH_HOSTS/],
    ['POST', '/push/campaign/send/live/1', { 'content-type': 'text/plain' }, 400, /json/],
    ['POST', '/push/campaign/1/delete', { 'content-type': 'text/plain' }, 400, /json/],
    ['POST', '/push/campaign/1/delete', {}, 400, /json/],
    ['PUT', '/push/campaign/1/user/add', { 'content-type': 'text/plain' }, 400, /json/],
  ])('is closed to browsers: %s %s with %j', async (verb, path, headers, status, message) => {
    const { id } = await server.client.createCampaign({ appId: 1, message: {} });
    const at = path.replace('/1', `/${id}`);
    const reply = await namedRequest(server.origin + at, verb, headers);
    expect(JSON.parse(reply.text)).toEqual(refusal(expect.stringMatching(message)));
    expect(reply.status).toBe(status);
    expect(await server.client.campaign(id)).toMatchObject({ sent: false });
  });

  it.each<[string, Record<string, string>]>([
    ['an address that a person typed', { 'sec-fetch-site': 'none' }],
    ['a name of the loopback', { host: 'localhost:8080' }],
    ['a DELETE without a body', {}],
  ])('is open to %s', async (_, headers) => {
    const { id } = await server.client.createCampaign({ appId: 1, message: {} });
    const url = `${server.origin}/push/campaign/${id}/delete`;
    const reply = await namedRequest(url, 'DELETE', headers);
    expect(reply.status).toBe(200);
  });

  it('tells its status under any name', async () => {
    const headers = { host: '10.0.0.7:8080' };
    const reply = await namedRequest(`${server.origin}/push/service/status`, 'GET', headers);
    expect(reply.status).toBe(200);
  });

  it('ignores credentials', async () => {
    const headers = { authorization: 'Basic eDp4' };
    expect((await server.client.send('GET', '/admin/app/list', undefined, headers)).status).toBe(
      200,
    );
  });

  const spring = (status: number, error: string, path: string) => ({
    timestamp: expect.stringMatching(/^\d{4}-/) as string,
    status,
    error,
    message: '',
    path,
  });

  it.each(['/push', '/push/', '/push/nowhere', '/push/device/create/9', '/admin/app/1'])(
    'says as Spring does that there is no %s',
    async (path) => {
      const reply = await server.client.send('GET', `${path}?a=secret`);
      expect(JSON.parse(reply.text)).toEqual(spring(404, 'Not Found', path));
      expect(reply.status).toBe(404);
    },
  );

  it.each([
    ['GET', '/push/device/create', 'POST'],
    ['PUT', '/push/device/create', 'POST'],
    ['PATCH', '/push/campaign/1/user/add', 'PUT, POST'],
    ['POST', '/push/campaign/list', 'GET'],
    ['GET', '/push/device/remove', 'DELETE, POST'],
  ])('says as Spring does that %s is no verb of %s', async (verb, path, allowed) => {
    const reply = await server.client.send(verb, path, verb === 'GET' ? undefined : '{');
    expect(JSON.parse(reply.text)).toEqual(spring(405, 'Method Not Allowed', path));
    expect(reply.status).toBe(405);
    expect(reply.headers.get('allow')).toBe(allowed);
  });

  it('refuses ids that no path can hold', async () => {
    for (const id of ['%zz', '%ff', 'x'.repeat(5000), '%00', '1e3', '-1', ' ']) {
      const reply = await server.client.send('GET', `/push/campaign/${id}/detail`);
      expect(JSON.parse(reply.text)).toEqual(refusal(expect.any(String)));
      expect(reply.status).toBe(400);
    }
  });

  it('answers a fault of ours with 500 and a reference only', async () => {
    await server.carillon.sql('ALTER TABLE campaigns RENAME TO elsewhere');
    try {
      const reply = await server.client.send('GET', '/push/campaign/list');
      expect(JSON.parse(reply.text)).toEqual(
        refusal(expect.stringMatching(/^Internal error, reference [0-9a-f-]{36}$/)),
      );
      expect(reply.status).toBe(500);
    } finally {
      await server.carillon.sql('ALTER TABLE elsewhere RENAME TO campaigns');
    }
  });

  it('leaves the strict reading of other routes as it was', async () => {
    const body = '{"query":"{ __typename }"} garbage';
    expect((await server.client.send('POST', '/graphql', body)).status).toBe(400);
    const { headers } = await server.client.send('GET', '/pushy');
    expect(headers.get('content-type')).toContain('application/problem+json');
  });

  describe('documentation', () => {
    const openApi = async () =>
      JSON.parse((await server.client.send('GET', '/openapi.json')).text) as OpenApi;

    it('names every route with every verb', async () => {
      const { paths } = await openApi();
      const routes = Object.entries(paths)
        .map(([path, verbs]) => `${Object.keys(verbs).join(',')} ${path}`)
        .filter((route) => / \/(push|admin)\//.test(route));
      expect(routes).toEqual(documented);
    });
  });
});

const documented = [
  'get /push/service/status',
  'post /push/device/create',
  'post /push/device/create/multi',
  'delete,post /push/device/remove',
  'delete,post /push/device/delete',
  'post,put /push/device/status/update',
  'post /push/message/send',
  'post /push/message/batch/send',
  'post /push/campaign/create',
  'delete,post /push/campaign/{id}/delete',
  'get /push/campaign/{id}/detail',
  'get /push/campaign/list',
  'put,post /push/campaign/{id}/user/add',
  'get /push/campaign/{id}/user/list',
  'delete,post /push/campaign/{id}/user/delete',
  'post /push/campaign/send/test/{id}',
  'post /push/campaign/send/live/{id}',
  'get /admin/app/list',
  'get /admin/app/unconfigured/list',
  'post /admin/app/detail',
  'post /admin/app/create',
  'put,post /admin/app/ios/update',
  'delete,post /admin/app/ios/remove',
  'put,post /admin/app/android/update',
  'delete,post /admin/app/android/remove',
];

describe('under a prefix, with one activation per device', () => {
  let server: PowerAuthServer;
  beforeAll(async () => {
    server = await PowerAuthServer.start({
      POWERAUTH_COMPAT_PREFIX: '/powerauth-push-server',
      POWERAUTH_MULTIPLE_ACTIVATIONS: 'false',
    });
  });
  afterAll(() => server.close());

  it('serves the routes there and nowhere else', async () => {
    expect(await server.client.applications()).toEqual({ applicationList: [] });
    const elsewhere = await fetch(`${server.origin}/admin/app/list`);
    expect(elsewhere.status).toBe(404);
    expect(elsewhere.headers.get('content-type')).toContain('application/problem+json');
    const unknown = await server.client.send('GET', '/push/nowhere');
    expect(JSON.parse(unknown.text)).toMatchObject({ path: '/powerauth-push-server/push/nowhere' });
  });

  it('documents them there', async () => {
    const { paths } = (await (await fetch(`${server.origin}/openapi.json`)).json()) as OpenApi;
    expect(Object.keys(paths)).toContain('/powerauth-push-server/push/device/create');
  });

  it('refuses several activations before it looks at the fields', async () => {
    await expect(server.client.createDeviceMulti({})).rejects.toMatchObject({
      status: 400,
      code: 'ERROR_GENERIC',
      message: 'Registration of multiple associated activations per device is not enabled.',
    });
  });
});

describe('on a network of a few callers', () => {
  let server: PowerAuthServer;
  beforeAll(async () => {
    server = await PowerAuthServer.start({
      POWERAUTH_OPEN_ADMIN: '',
      POWERAUTH_HOSTS: 'push.internal,10.0.0.7',
      POWERAUTH_ALLOWED_IPS: '127.0.0.1,10.1.0.0/16',
      PUBLIC_URL: 'https://push.example.com',
      TRUSTED_PROXIES: '127.0.0.1',
    });
    await server.carillon.createApplication();
  });
  afterAll(() => server.close());

  const list = (headers: Record<string, string>) =>
    namedRequest(`${server.origin}/push/campaign/list`, 'GET', headers);

  it.each(['push.internal:8080', 'PUSH.internal', '10.0.0.7:80', 'push.example.com', '[::1]:3000'])(
    'is called %s',
    async (host) => {
      expect((await list({ host })).status).toBe(200);
    },
  );

  it('is called nothing else', async () => {
    expect((await list({ host: 'push.internal.evil.example' })).status).toBe(403);
  });

  it('is open to their addresses alone', async () => {
    for (const address of ['10.1.2.3', '10.1.2.3:51234', '[::ffff:10.1.2.3]:51234']) {
      expect((await list({ 'x-forwarded-for': address })).status).toBe(200);
    }
    const stranger = await list({ 'x-forwarded-for': '10.2.0.1' });
    expect(stranger.status).toBe(403);
    expect(JSON.parse(stranger.text)).toEqual(
      refusal(expect.stringContaining('POWERAUTH_ALLOWED_IPS')),
    );
  });

  it('takes failed logins for those of one address, whatever its connections', async () => {
    const query = `mutation ($email: String!) {
      login(email: $email, password: "wrong password") { token }
    }`;
    const login = async (n: number, from: string) => {
      const body = JSON.stringify({ query, variables: { email: `nobody-${n}@example.com` } });
      const headers = { ...json, 'x-forwarded-for': from };
      return (await server.client.send('POST', '/graphql', body, headers)).text;
    };
    for (let n = 0; n < 10; n += 1) {
      expect(await login(n, `203.0.113.7:${50_000 + n}`)).toContain('LOGIN_FAILED');
    }
    expect(await login(10, '[::ffff:203.0.113.7]:60000')).toContain('RATE_LIMITED');
    expect(await login(11, '203.0.113.8:50000')).toContain('LOGIN_FAILED');
    const told = await server.carillon.sql(
      "SELECT DISTINCT address FROM audit_events WHERE action = 'operator.login' ORDER BY 1",
    );
    expect(told).toEqual([{ address: '203.0.113.7' }, { address: '203.0.113.8' }]);
  });

  it.each([
    ['GET', '/admin/app/list'],
    ['GET', '/admin/app/unconfigured/list'],
    ['POST', '/admin/app/create'],
    ['POST', '/admin/app/detail'],
    ['PUT', '/admin/app/ios/update'],
    ['DELETE', '/admin/app/android/remove'],
  ])('wants a token for %s %s', async (verb, path) => {
    const body = verb === 'GET' ? undefined : wrap({ id: 1, appId: 2 });
    const reply = await server.client.send(verb, path, body);
    expect(reply.status).toBe(401);
    expect(reply.headers.get('www-authenticate')).toBe('Bearer');
  });
});

describe('without tokens', () => {
  let server: PowerAuthServer;
  beforeAll(async () => {
    server = await PowerAuthServer.start({ POWERAUTH_COMPAT: 'token' });
  });
  afterAll(() => server.close());

  it('tells its status', async () => {
    expect((await server.client.send('GET', '/push/service/status')).status).toBe(200);
  });

  const guarded = documented.filter((route) => !route.includes('/push/service/status'));
  it.each(guarded.map((route) => route.split(/[ ,]/)))('refuses %s', async (verb, ...rest) => {
    const path = (rest.at(-1) ?? '').replace('{id}', '1');
    const reply = await server.client.send(
      verb.toUpperCase(),
      path,
      verb === 'get' ? undefined : '{}',
    );
    expect(JSON.parse(reply.text)).toEqual(
      refusal('Unauthorized, invalid security token configuration'),
    );
    expect(reply.status).toBe(401);
    expect(reply.headers.get('www-authenticate')).toBe('Bearer');
  });
});

describe('with a PowerAuth Server behind', () => {
  const applications = [
    { id: 1, applicationName: 'Bank', applicationRoles: [] },
    { id: 2, applicationName: 'Shop', applicationRoles: [] },
  ];
  const answers: Record<string, object> = {
    '/rest/v3/application/list': { applications },
    '/rest/v3/application/detail': { applicationId: 1, applicationName: 'Bank' },
    '/rest/v3/activation/status': { activationStatus: 'ACTIVE', userId: 'alice' },
  };
  let down = false;
  const behind = createServer((request, response) => {
    response.writeHead(down ? 503 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ status: 'OK', responseObject: answers[request.url ?? ''] }));
  });
  let server: PowerAuthServer;
  beforeAll(async () => {
    behind.listen(0, '127.0.0.1');
    await once(behind, 'listening');
    const { port } = behind.address() as AddressInfo;
    server = await PowerAuthServer.start({ POWERAUTH_URL: `http://127.0.0.1:${port}/rest` });
  });
  afterAll(async () => {
    await server.close();
    behind.close();
    behind.closeAllConnections();
  });

  it('names applications as it does, and lists those that are not created here', async () => {
    await server.client.createApplication(1);
    expect(await server.client.applications()).toEqual({
      applicationList: [{ id: 1, appId: 1, appName: 'Bank', ios: false, android: false }],
    });
    expect(await server.client.unconfiguredApplications()).toEqual({
      applicationList: [{ id: 2, appId: null, appName: 'Shop', ios: null, android: null }],
    });
  });

  it('lists applications by the text that they have for an id since 1.3', async () => {
    const since13 = ['1', '3', 'Loans', '007'].map((applicationId) => ({
      applicationId,
      applicationRoles: [],
    }));
    answers['/rest/v3/application/list'] = { applications: since13 };
    answers['/rest/v3/application/detail'] = { applicationId: '3', versions: [] };
    try {
      expect(await server.client.unconfiguredApplications()).toEqual({
        applicationList: [{ id: 3, appId: null, appName: '3', ios: null, android: null }],
      });
      await server.client.createApplication(3);
      expect((await server.client.applications()).applicationList).toContainEqual({
        id: 3,
        appId: 3,
        appName: '3',
        ios: false,
        android: false,
      });
    } finally {
      answers['/rest/v3/application/list'] = { applications };
      answers['/rest/v3/application/detail'] = { applicationId: 1, applicationName: 'Bank' };
    }
  });

  it('takes its word for an activation', async () => {
    await server.client.createDevice(device);
  });

  it.each<[string, () => Promise<unknown>, string]>([
    [
      'lists no application',
      () => server.client.unconfiguredApplications(),
      'Unconfigured application list failed because application name could not be retrieved',
    ],
    [
      'registers no device',
      () => server.client.createDevice(device),
      'Device registration failed because activation status is unknown',
    ],
    [
      'asks for a status in vain',
      () => server.client.updateDeviceStatus({ activationId: 'a-1' }),
      'Update device status failed because activation status is unknown',
    ],
  ])('%s when it is down', async (_, call, message) => {
    down = true;
    await expect(call()).rejects.toMatchObject({ status: 400, code: 'ERROR_GENERIC', message });
  });

  it.each([
    ['GET', '/admin/app/unconfigured/list', undefined],
    ['POST', '/push/device/create', JSON.stringify({ requestObject: device })],
    ['POST', '/push/device/status/update', JSON.stringify({ activationId: 'a-1' })],
  ])('says when to try %s %s again when it is down', async (verb, path, body) => {
    down = true;
    const { headers } = await server.client.send(verb, path, body);
    expect(headers.get('retry-after')).toBe('5');
  });

  it('creates applications and follows a told status when it is down', async () => {
    down = true;
    expect(await server.client.createApplication(2)).toEqual({ id: 2 });
    await server.client.updateDeviceStatus({ activationId: 'a-1', activationStatus: 'BLOCKED' });
  });
});

describe('switched off', () => {
  it('has no such routes, and documents none', async () => {
    const server = await PowerAuthServer.start({ POWERAUTH_COMPAT: 'off' });
    try {
      for (const path of ['/push/service/status', '/admin/app/list', '/push/nowhere']) {
        const reply = await server.client.send('GET', path);
        expect(reply.status).toBe(404);
        expect(reply.headers.get('content-type')).toContain('application/problem+json');
      }
      const { text } = await server.client.send('GET', '/openapi.json');
      const { paths } = JSON.parse(text) as OpenApi;
      expect(Object.keys(paths).filter((path) => /^\/(push|admin)\//.test(path))).toEqual([]);
    } finally {
      await server.close();
    }
  });
});

/** What the server answers to these very bytes. */
async function raw(origin: string, request: string): Promise<string> {
  const { hostname, port } = new URL(origin);
  const socket = connect(Number(port), hostname);
  socket.write(request);
  const [answer] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  return answer.toString();
}
