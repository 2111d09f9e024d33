import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { WebSocket } from 'ws';
import { until } from '@app/testing/time';
import { ApiClient } from './api-client';
import { SubscriptionClient } from './subscription-client';

const PROGRESS = `subscription ($id: ID!) {
  campaignProgress(id: $id) {
    state perSecond estimatedEndAt
    counts { total pending accepted failed skipped expired }
    reasons { state reason count }
    lanes { gateway pausedUntil breaker { reason since } }
    campaign { id name }
  }
}`;

interface Told {
  readonly data?: { readonly campaignProgress: { readonly state: string } } | null;
  readonly errors?: readonly { readonly extensions: { readonly code: string } }[];
}

let api: ApiClient;
let token: string;
let campaignId: string;
/** A campaign that stays one. */
let draftId: string;
const clients: SubscriptionClient[] = [];

beforeAll(async () => {
  api = await ApiClient.start({ TRUSTED_PROXIES: '127.0.0.1' });
  token = await tokenOf('OWNER');
  draftId = (await createDraft(api)).id;
  campaignId = (await createDraft(api)).id;
});
afterAll(() => api.close());
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
});

/** A campaign of an application of its own. */
async function createDraft(of: ApiClient): Promise<{ id: string }> {
  const { id } = await of.ask<{ id: string }>(
    'mutation { createApplication(input: { name: "Wallet" }) { id } }',
  );
  return of.ask<{ id: string }>(
    `mutation ($id: ID!) {
      createCampaign(input: { applicationId: $id, name: "Spring offer", message: { title: "3 %" } }) { id }
    }`,
    { id },
  );
}

let operators = 0;
async function tokenOf(role: string): Promise<string> {
  const email = `${role.toLowerCase()}-${++operators}@example.com`;
  const password = 'a long enough password';
  await api.ask(
    'mutation ($input: CreateOperatorInput!) { createOperator(input: $input) { id } }',
    { input: { email, password, role, passwordIsTemporary: false } },
  );
  const session = await api
    .as(undefined)
    .ask<{ token: string }>(
      'mutation ($email: String!, $password: String!) { login(email: $email, password: $password) { token } }',
      { email, password },
    );
  return session.token;
}

const opened = async (...args: Parameters<typeof SubscriptionClient.open>) => {
  const client = await SubscriptionClient.open(...args);
  clients.push(client);
  return client;
};
const connected = async (bearer = token) => {
  const client = await SubscriptionClient.connect(api.url, bearer);
  clients.push(client);
  return client;
};
/** When the database of a server was last asked for progress. */
const lastLook = async (of: ApiClient) => {
  const [row] = await of.sql<{ atSeconds: number | null }>(
    `SELECT extract(epoch FROM max(query_start))::float8 AS "atSeconds" FROM pg_stat_activity
     WHERE datname = current_database() AND pid <> pg_backend_pid() AND query ~ 'FROM lanes|chunks WHERE message_id'`,
  );
  return row?.atSeconds ?? 0;
};
/** Until a server has asked its database so many times more. */
const looks = async (of: ApiClient, times: number) => {
  for (let n = 0; n < times; n += 1) {
    const before = await lastLook(of);
    await until(async () => (await lastLook(of)) > before);
  }
};

describe('campaignProgress', () => {
  it('tells how it is at once, and of each change until the end', async () => {
    const client = await connected();
    client.subscribe('1', PROGRESS, { id: campaignId });
    expect(await client.next('next', '1')).toEqual({
      data: {
        campaignProgress: {
          state: 'DRAFT',
          perSecond: 0,
          estimatedEndAt: null,
          counts: { total: 0, pending: 0, accepted: 0, failed: 0, skipped: 0, expired: 0 },
          reasons: [],
          lanes: [],
          campaign: { id: campaignId, name: 'Spring offer' },
        },
      },
    });
    await api.ask('mutation ($id: ID!) { launchCampaign(id: $id) { id } }', { id: campaignId });
    const { data } = (await client.next('next', '1')) as Told;
    expect(data?.campaignProgress.state).toBe('PLANNING');
    await api.ask('mutation ($id: ID!) { cancelCampaign(id: $id) { id } }', { id: campaignId });
    const last = (await client.next('next', '1')) as Told;
    expect(last.data?.campaignProgress.state).toBe('CANCELLED');
    await client.next('complete', '1');
  });

  it('of what is over tells that once', async () => {
    const client = await connected();
    client.subscribe('1', PROGRESS, { id: campaignId });
    const { data } = (await client.next('next', '1')) as Told;
    expect(data?.campaignProgress.state).toBe('CANCELLED');
    await client.next('complete', '1');
  });

  it.each([
    { what: 'a campaign that is not there', id: '2147483647', code: 'CAMPAIGN_NOT_FOUND' },
    { what: 'what is no campaign’s id', id: 'x', code: 'BAD_USER_INPUT' },
  ])('of $what is refused', async ({ id, code }) => {
    const client = await connected();
    client.subscribe('1', PROGRESS, { id });
    const { errors } = (await client.next('next', '1')) as Told;
    expect(errors).toMatchObject([{ extensions: { code } }]);
    await client.next('complete', '1');
  });

  it('is not served over HTTP', async () => {
    const { errors } = await api.post(PROGRESS, { id: campaignId });
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_REQUEST' } }]);
  });
});

describe('a client that leaves', () => {
  /** Another server, whose watched campaign tells how time passes. */
  let other: ApiClient;
  let watcher: SubscriptionClient;
  beforeAll(async () => {
    other = await ApiClient.start();
    const { token: bearer } = await other.ask<{ token: string }>(
      'mutation { renewSession { token } }',
    );
    const { id } = await createDraft(other);
    watcher = await SubscriptionClient.connect(other.url, bearer);
    watcher.subscribe('1', PROGRESS, { id });
    await watcher.next('next', '1');
  });
  afterAll(async () => {
    await watcher.close();
    await other.close();
  });

  it.each([
    {
      how: 'unsubscribes',
      leave: (client: SubscriptionClient) => {
        client.say({ type: 'complete', id: '1' });
      },
    },
    {
      how: 'closes its socket',
      leave: (client: SubscriptionClient) => {
        client.socket.close();
      },
    },
    {
      how: 'breaks off',
      leave: (client: SubscriptionClient) => {
        client.socket.terminate();
      },
    },
  ])('and $how leaves nothing behind that asks the database', async ({ leave }) => {
    const client = await connected();
    client.subscribe('1', PROGRESS, { id: draftId });
    await client.next('next', '1');
    await looks(api, 2);
    leave(client);
    await until(async () => {
      const before = await lastLook(api);
      await looks(other, 3);
      return (await lastLook(api)) === before;
    });
  });
});

describe('a socket', () => {
  it.each([
    { what: 'a query', query: '{ viewer { id } }' },
    { what: 'a mutation', query: 'mutation { createApplication(input: { name: "X" }) { id } }' },
    {
      what: 'a mutation behind a subscription',
      query: `mutation M { createApplication(input: { name: "X" }) { id } } subscription S { campaignProgress(id: 1) { state } }`,
    },
  ])('does not run $what', async ({ query }) => {
    const before = await api.rowCounts();
    const client = await connected();
    client.say({ type: 'subscribe', id: '1', payload: { query, operationName: 'M' } });
    expect(await client.refusal('1')).toBe('BAD_REQUEST');
    client.say({ type: 'subscribe', id: '2', payload: { query } });
    expect(await client.refusal('2')).toBe('BAD_REQUEST');
    expect(await api.rowCounts()).toEqual(before);
  });

  it.each([
    { what: 'that does not parse', query: 'subscription {', code: 'GRAPHQL_PARSE_FAILED' },
    {
      what: 'that the schema does not have',
      query: 'subscription { campaignProgres(id: 1) { state } }',
      code: 'GRAPHQL_VALIDATION_FAILED',
    },
    {
      what: 'whose variable is missing',
      query: PROGRESS,
      code: 'BAD_USER_INPUT',
    },
    {
      what: 'of two things',
      query:
        'subscription { a: campaignProgress(id: 1) { state } b: campaignProgress(id: 1) { state } }',
      code: 'GRAPHQL_VALIDATION_FAILED',
    },
    {
      what: 'of too many words',
      query: `subscription { campaignProgress(id: 1) { ${'state '.repeat(2_000)} } }`,
      code: 'GRAPHQL_PARSE_FAILED',
    },
    {
      what: 'that goes round in circles',
      query: `subscription { campaignProgress(id: 1) { ...a } }
        fragment a on CampaignProgress { ...b } fragment b on CampaignProgress { ...a }`,
      code: 'GRAPHQL_VALIDATION_FAILED',
    },
    {
      what: 'that may give too much',
      query: `subscription { campaignProgress(id: 1) { campaign {
        ${Array.from({ length: 25 }, (_, n) => `d${n}: deliveries(first: 500) { edges { node { id } } }`).join(' ')} } } }`,
      code: 'OPERATION_TOO_LARGE',
    },
  ])('refuses a subscription $what, and serves the next one', async ({ query, code }) => {
    const client = await connected();
    client.subscribe('1', query);
    expect(await firstCode(client, '1')).toBe(code);
    client.subscribe('2', PROGRESS, { id: campaignId });
    await client.next('next', '2');
  });

  it('has twenty subscriptions at once, and no more', async () => {
    const client = await connected();
    for (let n = 0; n < 20; n += 1) client.subscribe(String(n), PROGRESS, { id: draftId });
    for (let n = 0; n < 20; n += 1) await client.next('next', String(n));
    client.subscribe('20', PROGRESS, { id: draftId });
    expect(await client.refusal('20')).toBe('TOO_MANY_SUBSCRIPTIONS');
    client.say({ type: 'complete', id: '0' });
    client.subscribe('21', PROGRESS, { id: draftId });
    await client.next('next', '21');
  });

  it.each([
    { what: 'nothing', payload: undefined },
    { what: 'no token', payload: {} },
    { what: 'a bad token', payload: { authorization: 'Bearer a.b.c' } },
    { what: 'another thing than a token', payload: { authorization: { a: 1 } } },
    {
      what: 'an application that is none',
      payload: { authorization: 'Bearer a.b.c', 'carillon-application': 'x' },
    },
  ])('that shows $what is closed', async ({ payload }) => {
    const client = await opened(api.url);
    client.say({ type: 'connection_init', payload });
    expect(await client.closed).toEqual({ code: 4403, reason: 'Forbidden' });
  });

  it('that subscribes before it shows a token is closed', async () => {
    const client = await opened(api.url);
    client.subscribe('1', PROGRESS, { id: campaignId });
    expect((await client.closed).code).toBe(4401);
  });

  it.each([
    { what: 'no JSON', message: '{' },
    { what: 'no object', message: '1' },
    { what: 'an unknown type', message: '{"type":"__proto__"}' },
    {
      what: 'a subscription without a query',
      message: '{"type":"subscribe","id":"1","payload":{}}',
    },
    { what: 'NUL', message: '\0' },
    { what: 'deep JSON', message: '['.repeat(30_000) },
  ])('that says $what is closed', async ({ message }) => {
    const client = await connected();
    client.say(message);
    expect((await client.closed).code).toBe(4400);
  });

  it('that says too much at once is closed', async () => {
    const client = await connected();
    client.say('x'.repeat(65 * 1024));
    expect((await client.closed).code).toBe(1009);
  });

  it('is closed soon after its session ended', async () => {
    const bearer = await tokenOf('VIEWER');
    const client = await connected(bearer);
    await api.as(bearer).ask('mutation { logout }');
    expect(await client.closed).toEqual({ code: 4403, reason: 'Forbidden' });
  });

  it('is closed when its caller may do less than before', async () => {
    const bearer = await tokenOf('ADMIN');
    const client = await connected(bearer);
    const { id } = await api.as(bearer).ask<{ id: string }>('{ viewer { id } }');
    await api.ask(
      'mutation ($id: ID!) { updateOperator(id: $id, input: { role: VIEWER }) { id } }',
      { id },
    );
    expect((await client.closed).code).toBe(4403);
  });

  it('that reads nothing of what it asks for is dropped', async () => {
    const client = await connected();
    client.socket.pause();
    const ping = JSON.stringify({ type: 'ping', payload: { filler: 'x'.repeat(32_000) } });
    const stuffing = setInterval(() => {
      for (let n = 0; n < 50; n += 1)
        if (client.socket.readyState === WebSocket.OPEN) client.socket.send(ping);
    }, 10);
    // A paused socket does not see its end; who writes to it does.
    await new Promise((resolve) => {
      const connection = (client.socket as unknown as { _socket: NodeJS.EventEmitter })._socket;
      connection.once('error', resolve).once('close', resolve);
    });
    clearInterval(stuffing);
    client.socket.terminate();
  });

  it('is one of two hundred at most from one network, as trusted proxies name its addresses', async () => {
    const from = (address: string) => ({ headers: { 'x-forwarded-for': `1.2.3.4, ${address}` } });
    const sockets = await Promise.all(
      Array.from({ length: 200 }, (_, n) =>
        SubscriptionClient.connect(
          api.url,
          token,
          from(`[2001:db8:1:2::${n}]:${50_000 + n}`).headers,
        ),
      ),
    );
    clients.push(...sockets);
    const another = from('2001:db8:1:2:3:4:5:6');
    await expect(SubscriptionClient.open(api.url, another)).rejects.toThrow('429');
    await opened(api.url, from('2001:db8:1:3::1'));
    await opened(api.url, from('10.0.0.2'));
    await sockets[0]?.close();
    await opened(api.url, another);
  });

  it.each([
    { from: 'a page of ours', origin: () => api.url, status: 101 },
    { from: 'a page on this machine', origin: () => 'http://localhost:5173', status: 101 },
    { from: 'another page', origin: () => 'https://evil.example', status: 403 },
    { from: 'a page without a name', origin: () => 'null', status: 403 },
    {
      from: 'a page whose name was made to lead here',
      origin: () => 'http://evil.example',
      status: 403,
    },
  ])('is not for pages of others: $status to $from', async ({ origin, status }) => {
    const { hostname, port } = new URL(api.url);
    const socket = connect(Number(port), hostname);
    // The host is the page's own, as with DNS rebinding.
    const host = new URL(URL.canParse(origin()) ? origin() : api.url).host;
    const lines = [
      'GET /graphql HTTP/1.1',
      `Host: ${host}`,
      `Origin: ${origin()}`,
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
      'Sec-WebSocket-Protocol: graphql-transport-ws',
    ];
    socket.write(`${lines.join('\r\n')}\r\n\r\n`);
    const [first] = (await once(socket, 'data')) as [Buffer];
    socket.destroy();
    expect(String(first)).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    if (status === 403) expect(String(first)).toMatch(/^x-content-type-options: nosniff/im);
  });

  it.each(['/graphql/', '/graphql?a=1', '/graphql/?a=1'])('is served at %s too', async (path) => {
    await opened(api.url, { path });
  });

  it('is for one path only', async () => {
    await expect(SubscriptionClient.open(api.url, { path: '/other' })).rejects.toThrow('404');
  });

  it('is closed when the server ends, which waits for none that does not answer', async () => {
    const other = await ApiClient.start();
    const polite = await SubscriptionClient.open(other.url);
    const rude = await SubscriptionClient.open(other.url);
    rude.socket.pause();
    await other.close();
    expect(await polite.closed).toEqual({ code: 1001, reason: 'Going away' });
    rude.socket.terminate();
  });
});

describe('a request that offers HTTP/2 besides', () => {
  const answerTo = async (...lines: string[]) => {
    const { port } = new URL(api.url);
    const socket = connect(Number(port), '127.0.0.1');
    socket.end(lines.join('\r\n'));
    return text(socket);
  };
  const offer = [
    'Host: localhost',
    'Connection: Upgrade, HTTP2-Settings, close',
    'Upgrade: h2c',
    'HTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA',
  ];

  it('is served as if it had not', async () => {
    expect(await answerTo('GET /healthz HTTP/1.1', ...offer, '', '')).toMatch(/^HTTP\/1.1 200 /);
  });

  it('is served with its body', async () => {
    const body = JSON.stringify({ query: '{ __typename }' });
    const answer = await answerTo(
      'POST /graphql HTTP/1.1',
      ...offer,
      'Content-Type: application/json',
      `Content-Length: ${body.length}`,
      '',
      body,
    );
    expect(answer).toMatch(/^HTTP\/1.1 200 /);
    expect(answer).toContain('{"data":{"__typename":"Query"}}');
  });
});

async function firstCode(client: SubscriptionClient, id: string): Promise<string | undefined> {
  return Promise.race([
    client.refusal(id),
    client.next('next', id).then((told) => (told as Told).errors?.[0]?.extensions.code),
  ]);
}
