import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { until } from '@app/testing/time';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { BodyLimits } from '../src/http/body-limits';
import type { ApiClient } from './api-client';
import { startInside } from './server-inside';

let api: ApiClient;
let app: NestFastifyApplication;
beforeAll(async () => {
  ({ api, app } = await startInside());
});
afterAll(() => api.close());

const limits = () => app.get(BodyLimits, { strict: false });
beforeEach(() => {
  Object.assign(limits(), new BodyLimits());
});

/** The body of each connection in the report of this weakness. */
const reported = Buffer.alloc(3.9 * 1024 ** 2, ' ');

const operation = '{"query":"{ __typename }"}';
/** An operation of so many bytes. */
const operationOf = (bytes: number) => operation.padEnd(bytes, ' ');

const json = { 'content-type': 'application/json' };

/** Begins a request, and sends some of its body. */
function begin(
  path: string,
  headers: Readonly<Record<string, string | number>>,
  part: Buffer | string,
) {
  const sent = request(api.url + path, {
    method: 'POST',
    agent: false,
    headers: { ...json, ...headers },
  });
  sent.on('error', () => undefined); // that it is cut off
  sent.write(part);
  const answered = once(sent, 'response').then(async ([response]) => {
    const { statusCode, headers: said } = response as IncomingMessage;
    return { status: statusCode, headers: said, body: await text(response as IncomingMessage) };
  });
  return { sent, answered };
}

/** Sends bytes as they are. @returns the connection, and what is answered until it is closed */
function raw(bytes: string) {
  const { hostname, port } = new URL(api.url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => undefined);
  socket.write(bytes);
  let came = '';
  socket.on('data', (chunk: Buffer) => {
    came += chunk.toString();
  });
  return { socket, came: () => came, closed: once(socket, 'close').then(() => came) };
}

const head = (path: string, ...lines: readonly string[]) =>
  [
    `POST ${path} HTTP/1.1`,
    'Host: localhost',
    'Content-Type: application/json',
    ...lines,
    '',
    '',
  ].join('\r\n');

describe('a long body of a stranger', () => {
  const refusals = [
    { path: '/graphql', status: 401, form: /"code":"UNAUTHENTICATED"/ },
    { path: '/graphql', token: 'made.up.token', status: 401, form: /"code":"INVALID_TOKEN"/ },
    { path: '/graphql', token: 'no bearer', status: 401, form: /"code":"INVALID_TOKEN"/ },
    { path: '/push/device/create', status: 401, form: /"code": "ERROR_GENERIC"/ },
    { path: '/push/message/send', token: 'a.b.c', status: 401, form: /"code": "ERROR_GENERIC"/ },
    { path: '/admin/app/create', status: 401, form: /"code": "ERROR_GENERIC"/ },
    { path: '/apispaces/bank/profiles/ann', status: 401, verb: 'PUT', form: /^/ },
    { path: '/apispaces/bank/sessions', status: 413, form: /too large/ },
    { path: '/api/oauth/token', status: 413, form: /"error":"invalid_request"/ },
    { path: '/api/oauth/introspect', status: 413, form: /"error":"invalid_request"/ },
    { path: '/api/oauth/revoke', status: 413, form: /"error":"invalid_request"/ },
    { path: '/auth/token', status: 400, form: /^/ },
    { path: '/no/such/route', status: 404, form: /"title":"Not Found"/ },
    { path: '/push/no/such/route', status: 404, form: /"error": "Not Found"/ },
  ];

  it.each(refusals)(
    'is refused in the form of its edge before it is there: $path, $token, $status',
    async ({ path, token, status, form, verb = 'POST' }) => {
      const sent = request(api.url + path, {
        method: verb,
        agent: false,
        headers: {
          ...json,
          'content-length': 1_000_000,
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
        },
      });
      sent.on('error', () => undefined);
      sent.write('{');
      const [response] = (await once(sent, 'response')) as [IncomingMessage];
      expect(response.statusCode).toBe(status);
      expect(await text(response)).toMatch(form);
      expect(response.headers['x-content-type-options']).toBe('nosniff');
      sent.destroy();
    },
  );

  it('is one of more than 64 KiB, however it is framed', async () => {
    const stranger = api.as(undefined);
    const most = 65_536;
    const post = (body: string | ReadableStream, caller = stranger) =>
      caller.fetch('/graphql', {
        method: 'POST',
        headers: json,
        body,
        duplex: 'half',
      });
    // A stream has no length before it ends.
    const streamed = (bytes: number) => new Blob([operationOf(bytes)]).stream();
    expect((await post(operationOf(most))).status).toBe(200);
    expect((await post(operationOf(most + 1))).status).toBe(401);
    expect((await post(streamed(most))).status).toBe(200);
    expect((await post(streamed(most + 1))).status).toBe(401);
    for (const body of [operationOf(most + 1), operationOf(4_000_000), streamed(4_000_000)]) {
      expect((await post(body, api)).status).toBe(200);
    }
  });

  it.each([
    { framing: 'with its length', headers: { 'content-length': reported.length + 1 } },
    { framing: 'in chunks', headers: { 'transfer-encoding': 'chunked' } },
  ])('holds no memory, though twenty come at once $framing', async ({ headers }) => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const held = () => {
      collect();
      return process.memoryUsage().arrayBuffers;
    };
    const before = held();
    // None of them ever ends.
    const all = Array.from({ length: 20 }, () => begin('/graphql', headers, reported));
    for (const { status } of await Promise.all(all.map(({ answered }) => answered))) {
      expect(status).toBe(401);
    }
    // Each connection has its buffers, at both of its ends; the bodies would be 78 MB.
    expect(held() - before).toBeLessThan((20 * reported.length) / 8);
    for (const { sent } of all) sent.destroy();
  });

  it('is no body to wait for: its connection is closed soon after the answer', async () => {
    limits().discardMs = 50;
    const answers = [
      raw(`${head('/graphql', 'Content-Length: 1000000')}{`),
      raw(`${head('/no/such/route', 'Content-Length: 90000')}{`),
      raw(head('/upload/campaigns/1/users', 'Content-Length: 1000000')),
    ];
    const [graphql, unknown, upload] = await Promise.all(answers.map(({ closed }) => closed));
    expect(graphql).toMatch(/^HTTP\/1\.1 401 /);
    expect(unknown).toMatch(/^HTTP\/1\.1 404 /);
    expect(upload).toMatch(/^HTTP\/1\.1 415 /);
  });

  it('is passed over, and the next request on its connection is served', async () => {
    const inside = 'GET /healthz HTTP/1.1\r\nHost: inside\r\n\r\n'.padEnd(100_000, ' ');
    const { closed } = raw(
      `${head('/graphql', 'Content-Length: 100000')}${inside}` +
        'GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
    );
    const answers = await closed;
    expect(answers.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 401', 'HTTP/1.1 200']);
  });

  it('is refused to HTTP/1.0 as well, where the connection ends', async () => {
    const framed = head('/graphql', 'Content-Length: 1000000').replace('HTTP/1.1', 'HTTP/1.0');
    const { closed, socket } = raw(framed);
    expect(await closed).toMatch(/^HTTP\/1\.1 401 /);
    socket.destroy();
  });

  it.each([
    ['two lengths', ['Content-Length: 5', 'Content-Length: 70000']],
    ['a length and chunks', ['Content-Length: 70000', 'Transfer-Encoding: chunked']],
    ['a negative length', ['Content-Length: -1']],
    ['a length in hex', ['Content-Length: 0x5']],
    ['an unknown framing', ['Transfer-Encoding: gzip']],
  ])('has no way round by %s', async (_, lines) => {
    const { closed } = raw(`${head('/graphql', ...lines)}{"a":`);
    expect(await closed).toMatch(/^HTTP\/1\.1 400 /);
  });
});

describe('a body that waits to be asked for (Expect: 100-continue)', () => {
  const expecting = (length: number, ...lines: string[]) =>
    head('/graphql', 'Expect: 100-continue', `Content-Length: ${length}`, ...lines);

  it('is not asked of a stranger when it is long, and the connection ends', async () => {
    const { closed } = raw(expecting(3_900_000));
    const answer = await closed;
    expect(answer).toMatch(/^HTTP\/1\.1 401 /);
    expect(answer).toMatch(/^connection: close/im);
  });

  it.each([
    { of: 'a stranger when it is short', length: operation.length, isKnown: false },
    { of: 'a known caller, however long', length: 3_900_000, isKnown: true },
  ])('is asked of $of', async ({ length, isKnown }) => {
    const known = isKnown ? [`Authorization: ${api.authorization}`] : [];
    const { socket, came, closed } = raw(expecting(length, 'Connection: close', ...known));
    await until(() => Promise.resolve(came() !== ''));
    expect(came()).toBe('HTTP/1.1 100 Continue\r\n\r\n');
    socket.write(operationOf(length));
    expect(await closed).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 /);
  });
});

describe('a body that does not come', () => {
  beforeEach(() => {
    limits().timeoutMs = 100;
  });

  /** Sends the head of a request and some of its body. @returns what is answered until the connection is closed */
  const half = (path: string, framing: string, part: string) =>
    raw(head(path, framing, `Authorization: ${api.authorization}`) + part).closed;

  it.each([
    { status: 408, path: '/graphql', framing: 'Content-Length: 900000', part: '{"query":"' },
    { status: 408, path: '/graphql', framing: 'Transfer-Encoding: chunked', part: '4\r\n{"qu\r\n' },
    { status: 400, path: '/push/message/send', framing: 'Content-Length: 900000', part: '' },
    { status: 408, path: '/api/oauth/token', framing: 'Content-Length: 9', part: '{' },
    { status: 400, path: '/auth/token', framing: 'Content-Length: 9', part: '{' },
    { status: 408, path: '/apispaces/bank/sessions', framing: 'Content-Length: 9', part: '{' },
  ])(
    '$path, $framing: is answered in the form of its edge, and its connection closed',
    async (one) => {
      const answer = await half(one.path, one.framing, one.part);
      expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${one.status} `));
      expect(answer).toMatch(/^connection: close/im);
    },
  );

  it('holds nothing, however many there are of them', async () => {
    const framing = 'Content-Length: 1000000';
    const part = 'x'.repeat(900_000);
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => half('/graphql', framing, part)),
    );
    for (const answer of answers) expect(answer).toMatch(/^HTTP\/1\.1 408/);
  });

  it('is nothing to one that comes in time, and on the same connection', async () => {
    for (let n = 0; n < 3; n += 1) expect(await api.ask('{ __typename }')).toBe('Query');
  });
});

describe('the head of a request', () => {
  const server = () => app.getHttpServer();

  it('has a quarter of a minute to come, and an idle connection a little more than a minute', () => {
    expect(server()).toMatchObject({ headersTimeout: 15_000, keepAliveTimeout: 72_000 });
  });

  it.each([
    ['nothing', ''],
    ['half a head', 'GET /healthz HTTP/1.1\r\nHost: loc'],
    ['half of the second head', 'GET /healthz HTTP/1.1\r\nHost: a\r\n\r\nGET /heal'],
  ])('is not waited for longer: %s', async (_, begun) => {
    server().headersTimeout = 200;
    const answer = await raw(begun).closed;
    server().headersTimeout = 15_000;
    const last = answer.slice(answer.lastIndexOf('HTTP/1.1 '));
    expect(last).toMatch(/^HTTP\/1\.1 408 /);
    expect(last).toMatch(/^x-content-type-options: nosniff/im);
    expect(last).toMatch(/"detail":"The head of the request did not come in time"/);
  });

  it.each([
    ['no HTTP', 'hello\r\n\r\n', 400],
    ['too much', `GET / HTTP/1.1\r\nHost: a\r\nx: ${'a'.repeat(20_000)}\r\n\r\n`, 431],
  ])('that is %s is answered with a problem', async (_, sent, status) => {
    const answer = await raw(sent).closed;
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(answer).toMatch(/^content-type: application\/problem\+json/im);
    expect(answer).toMatch(/^x-content-type-options: nosniff/im);
  });
});
