import {
  constants,
  createHash,
  generateKeyPairSync,
  type KeyObject,
  randomUUID,
  sign,
} from 'node:crypto';
import { until } from '@app/testing/time';
import { ApiClient } from './api-client';

const publicUrl = 'https://push.example.com';

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 });
const pemOf = (key: KeyObject) => key.export({ type: 'spki', format: 'pem' }).toString();
const base64 = (text: string) => Buffer.from(text).toString('base64');
const pem = pemOf(publicKey);
/** Of any text, or of it with one more line end, the base64 wants padding. */
const unpadded = (text: string) => {
  const padded = [text, `${text}\n`].map(base64).find((one) => one.endsWith('='));
  return padded?.replace(/=+$/, '') ?? '';
};

interface Pair {
  readonly access_token: string;
  readonly refresh_token: string;
  readonly expires_in: number;
}
interface Refusal {
  readonly error: string;
  readonly message: string;
  readonly details?: { readonly field: string };
  readonly statusCode: number;
}
type Mode = 'LEGACY_PUBLIC_KEY' | 'SIGNED' | 'ASSERTION_ONLY';

let api: ApiClient;
beforeAll(async () => {
  api = await ApiClient.start({ PUBLIC_URL: publicUrl });
});
afterAll(() => api.close());
/** A key of an account in the mode legacy_public_key may be nobody else's, so each test has its account alone. */
beforeEach(() => api.sql('TRUNCATE service_accounts, refresh_tokens, public_keys, rate_limits'));

const create = async (mode: Mode = 'LEGACY_PUBLIC_KEY', input: object = {}) => {
  const { id } = await api.ask<{ id: string }>(CREATE, {
    input: { name: 'Shop', scopes: ['devices:read'], allowedIps: ['127.0.0.1'], ...input },
  });
  await api.ask(ADD_KEY, { input: { serviceAccountId: id, publicKey: pem } });
  if (mode !== 'ASSERTION_ONLY') await setMode(id, mode);
  return id;
};
const setMode = (id: string, mode: Mode, until?: Date) =>
  api.ask(SET_MODE, {
    id,
    input: { mode, until, ...(mode === 'LEGACY_PUBLIC_KEY' && { reason: 'An old client' }) },
  });
const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  api.as(undefined).fetch(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
const login = (id: string, key = base64(pem)) =>
  post('/auth/token', { account_id: id, public_key: key });
const enter = async (id: string) => (await (await login(id)).json()) as Pair;
const refresh = (token: string) => post('/auth/token/refresh', { refresh_token: token });
const statuses = (responses: Response[]) => responses.map(({ status }) => status);
const refusal = async (response: Response) => (await response.json()) as Refusal;
const seconds = () => Math.floor(Date.now() / 1000);
const kindOf = async (token: string) =>
  (await api.as(token).post('{ viewer { kind id } }')).data?.viewer;

describe('a login by the public key alone', () => {
  it('answers 200 with three members, for an hour, and says that it is on its way out', async () => {
    const id = await create();
    const response = await login(id);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toContain('application/json');
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(response.headers.get('deprecation')).toMatch(/^@\d{10}$/);
    const leftMs = Date.parse(response.headers.get('sunset') ?? '') - Date.now();
    expect(Math.round(leftMs / 86_400_000)).toBe(90);
    const pair = (await response.json()) as Pair;
    expect(Object.keys(pair).sort()).toEqual(['access_token', 'expires_in', 'refresh_token']);
    expect(pair.expires_in).toBe(3600);
    expect(await kindOf(pair.access_token)).toEqual({ kind: 'SERVICE_ACCOUNT', id });
  });

  it('gives a token that clients can read with a decoder of plain base64', async () => {
    const { access_token: token } = await enter(await create());
    const [header, payload = ''] = token.split('.');
    expect(JSON.parse(Buffer.from(header ?? '', 'base64url').toString())).toMatchObject({
      alg: 'RS256',
    });
    expect(payload).not.toMatch(/[-_]/);
    const { exp } = JSON.parse(atob(payload)) as { exp: number };
    expect(Math.abs(exp - seconds() - 3600)).toBeLessThan(60);
  });

  it.each([
    { what: 'CRLF', text: pem.replace(/\n/g, '\r\n') },
    { what: 'no newline at the end', text: pem.trimEnd() },
    { what: 'comments before it', text: `\n\nMy key\n${pem}` },
    { what: 'PKCS#1', text: publicKey.export({ type: 'pkcs1', format: 'pem' }).toString() },
  ])('takes the key with $what', async ({ text }) => {
    expect((await login(await create(), base64(text))).status).toBe(200);
  });

  it.each([
    { what: 'junk in the base64', key: `${base64(pem).slice(0, 40)}!${base64(pem).slice(40)}` },
    { what: 'white space in the base64', key: `${base64(pem)}\n` },
    { what: 'base64 without its padding', key: unpadded(pem) },
    { what: 'PEM instead of base64', key: pem },
    { what: 'base64 of something else', key: base64('hello') },
    { what: 'more than 8 KiB', key: base64('x'.repeat(9000) + pem) },
    { what: 'nothing', key: '' },
    {
      what: 'the private key',
      key: base64(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()),
    },
  ])('refuses $what with 400, and does not repeat it', async ({ key }) => {
    const response = await login(await create(), key);
    const text = await response.text();
    expect(response.status).toBe(400);
    expect(JSON.parse(text)).toMatchObject({ statusCode: 400, details: { field: 'public_key' } });
    if (key.length > 20) expect(text).not.toContain(key.slice(0, 60));
  });

  it('refuses all alike', async () => {
    const id = await create();
    const wrongKey = await login(id, base64(pemOf(stranger.publicKey)));
    const unknown = await login('00000000-4000-4000-0000-00000000000a');
    await api.ask(UPDATE, { id, input: { allowedIps: ['10.0.0.0/8'] } });
    const wrongAddress = await login(id);
    await api.ask(UPDATE, { id, input: { allowedIps: ['127.0.0.0/8'] } });
    await api.sql(`UPDATE service_accounts SET expires_at = now() - interval '1 second'`);
    const expired = await login(id);
    await api.sql('UPDATE service_accounts SET expires_at = NULL');
    await api.ask(BLOCK, { id });
    const blocked = await login(id);
    const responses = [wrongKey, unknown, wrongAddress, expired, blocked];
    expect(statuses(responses)).toEqual([401, 401, 401, 401, 401]);
    const lengths = responses.map(({ headers }) => headers.get('content-length'));
    expect(new Set(lengths).size).toBe(1);
    const texts = await Promise.all(responses.map((response) => response.text()));
    expect(new Set(texts).size).toBe(1);
    expect(JSON.parse(texts[0] ?? '')).toEqual({
      error: 'INVALID_CREDENTIALS',
      message: 'The account or its credentials are not valid',
      statusCode: 401,
    });
    await api.ask(UNBLOCK, { id });
    expect((await login(id)).status).toBe(200);
  });

  it('is not limited as long as it succeeds, whoever else fails', async () => {
    const id = await create();
    const wrong = base64(pemOf(stranger.publicKey));
    const failures: number[] = [];
    for (let n = 0; n < 12; n += 1) failures.push((await login(id, wrong)).status);
    expect(failures).toEqual([...Array<number>(10).fill(401), 429, 429]);
    const limited = await login(id, wrong);
    expect(Number(limited.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await refusal(limited)).toMatchObject({ error: 'RATE_LIMITED', statusCode: 429 });
    const logins = await Promise.all(Array.from({ length: 40 }, () => login(id)));
    expect(new Set(statuses(logins))).toEqual(new Set([200]));
  });

  it('is limited over all accounts that an address tries', async () => {
    const tries: number[] = [];
    for (let n = 0; n < 32; n += 1) tries.push((await login(randomUUID())).status);
    expect(tries.slice(0, 30)).not.toContain(429);
    expect(tries.slice(30)).toEqual([429, 429]);
  });

  it('is shown in the trail and in GraphQL, without the key', async () => {
    const id = await create();
    const since = new Date().toISOString();
    await post(
      '/auth/token',
      { account_id: id, public_key: base64(pem) },
      { 'user-agent': 'paymentsgate.nodejs-secure-api' },
    );
    await login(id, base64(pemOf(stranger.publicKey)));
    const [node] = (await listed({ usedLegacySince: since })).edges;
    expect(node?.node).toEqual({
      id,
      loginMode: 'LEGACY_PUBLIC_KEY',
      legacyReason: 'An old client',
      lastLegacyLogin: {
        at: expect.any(String) as string,
        address: '127.0.0.1',
        userAgent: 'paymentsgate.nodejs-secure-api',
      },
      keys: [{ enabled: true }],
    });
    const events = await api.sql<{ outcome: string; text: string }>(
      `SELECT outcome, audit_events::text AS text FROM audit_events
       WHERE action = 'service_account.login' AND target = $1 ORDER BY id`,
      [`service_account:${id}`],
    );
    expect(events.map(({ outcome }) => outcome)).toEqual(['success', 'failure']);
    expect(JSON.stringify(events)).not.toContain('BEGIN');
  });

  it('ends with its time', async () => {
    const id = await create();
    await api.sql(`UPDATE service_accounts SET legacy_until = now() - interval '1 second'`);
    expect(await refusal(await login(id))).toMatchObject({ error: 'SIGNATURE_REQUIRED' });
  });
});

describe('a request', () => {
  it.each([
    { what: 'an empty object', body: '{}' },
    { what: 'nothing', body: '' },
    { what: 'null', body: 'null' },
    { what: 'a list', body: '[]' },
    { what: 'text', body: '"a"' },
    { what: 'no JSON', body: '{"account_id":' },
    { what: 'an account that is a number', body: '{"account_id":1,"public_key":"a"}' },
    { what: 'a key that is an object', body: '{"account_id":"a","public_key":{}}' },
    { what: 'NUL in the account', body: '{"account_id":"a\\u0000","public_key":"YQ=="}' },
    { what: 'half a character', body: '{"account_id":"\\ud800","public_key":"YQ=="}' },
    {
      what: 'a long account',
      body: JSON.stringify({ account_id: 'a'.repeat(65), public_key: '' }),
    },
    { what: 'deep JSON', body: '['.repeat(100_000) },
    { what: 'two megabytes', body: JSON.stringify({ account_id: 'a'.repeat(2_097_152) }) },
  ])('with $what is a bad one', async ({ body }) => {
    for (const path of ['/auth/token', '/auth/token/refresh', '/auth/token/revoke']) {
      // The token of a refresh or a revocation is missing in all of these.
      const response = await post(path, body);
      expect(response.status).toBe(400);
      const { error, message, statusCode } = await refusal(response);
      expect(error).toMatch(/^[A-Z_]+$/);
      expect(message).toEqual(expect.any(String));
      expect(statusCode).toBe(400);
    }
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'application/xml', 'nonsense'])(
    'of the type %s is a bad one',
    async (type) => {
      const response = await post('/auth/token', 'a=b', { 'content-type': type });
      expect(await refusal(response)).toMatchObject({ error: 'INVALID_REQUEST', statusCode: 400 });
    },
  );

  it('of another kind, or elsewhere, is answered in the same form', async () => {
    for (const path of ['/auth/token', '/auth/token/validate', '/auth/token?a=b']) {
      const response = await api.fetch(path);
      expect(response.status).toBe(404);
      expect(await refusal(response)).toMatchObject({ error: 'NOT_FOUND', statusCode: 404 });
    }
    expect((await api.fetch('/auth/tokens')).headers.get('content-type')).toContain('problem');
  });

  it('that allows compression is answered without', async () => {
    const id = await create();
    const body = { account_id: id, public_key: base64(pem) };
    for (const encoding of ['deflate', 'gzip, br']) {
      const response = await post('/auth/token', body, { 'accept-encoding': encoding });
      expect(response.status).toBe(200);
      expect(response.headers.get('content-encoding')).toBeNull();
    }
  });
});

describe('a refresh token', () => {
  it('gives another pair, with or without an old access token', async () => {
    const id = await create();
    const first = await enter(id);
    const second = (await (await refresh(first.refresh_token)).json()) as Pair;
    expect(second.refresh_token).not.toBe(first.refresh_token);
    expect(await kindOf(second.access_token)).toEqual({ kind: 'SERVICE_ACCOUNT', id });
    const body = { refresh_token: second.refresh_token };
    const third = await post('/auth/token/refresh', body, { authorization: 'Bearer a.b.c' });
    expect(third.status).toBe(200);
    expect(Object.keys((await third.json()) as Pair)).toHaveLength(3);
  });

  it('is refused with 401 and nothing else', async () => {
    for (const token of ['', 'unknown', 'a\0b', '\ud800', 'x'.repeat(60_000)]) {
      const response = await refresh(token);
      expect(response.status).toBe(401);
      expect(await response.text()).toBe('');
      expect(response.headers.get('content-length')).toBe('0');
    }
  });

  it('serves eight who use it at once, and the family stays good', async () => {
    const { refresh_token: token } = await enter(await create());
    const answers = await Promise.all(Array.from({ length: 8 }, () => refresh(token)));
    expect(new Set(statuses(answers))).toEqual(new Set([200]));
    const pairs = (await Promise.all(answers.map((answer) => answer.json()))) as Pair[];
    expect(new Set(pairs.map(({ refresh_token: next }) => next)).size).toBe(8);
    const again = await Promise.all(pairs.map(({ refresh_token: next }) => refresh(next)));
    expect(new Set(statuses(again))).toEqual(new Set([200]));
  });

  it('that is older ends its family', async () => {
    const first = await enter(await create());
    const second = (await (await refresh(first.refresh_token)).json()) as Pair;
    const third = (await (await refresh(second.refresh_token)).json()) as Pair;
    expect((await refresh(first.refresh_token)).status).toBe(401);
    expect((await refresh(third.refresh_token)).status).toBe(401);
  });

  it.each([
    { path: '/auth/token/revoke', name: 'refresh_token' },
    { path: '/auth/token/revoke', name: 'token' },
    { path: '/api/oauth/revoke', name: 'token' },
  ])('is ended by $name at $path', async ({ path, name }) => {
    const { refresh_token: token } = await enter(await create());
    expect((await post(path, { [name]: token })).status).toBe(200);
    expect((await post(path, { [name]: token })).status).toBe(200);
    expect((await post(path, { [name]: 'unknown' })).status).toBe(200);
    expect((await refresh(token)).status).toBe(401);
  });

  it.each([
    { what: 'blocked', change: (id: string) => api.ask(BLOCK, { id }) },
    { what: 'let into another mode', change: (id: string) => setMode(id, 'SIGNED') },
    {
      what: 'limited to other addresses',
      change: (id: string) => api.ask(UPDATE, { id, input: { allowedIps: ['10.0.0.1'] } }),
    },
    { what: 'removed', change: (id: string) => api.ask(REMOVE, { id }) },
  ])('ends when its account is $what, and so does the access token', async ({ change }) => {
    const id = await create();
    const pair = await enter(id);
    await change(id);
    expect((await refresh(pair.refresh_token)).status).toBe(401);
    await until(async () => (await kindOf(pair.access_token)) == null);
  });
});

describe('a signed login', () => {
  const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 222 };
  const signatureOf = (
    body: string,
    {
      t = seconds(),
      n = randomUUID(),
      key = privateKey,
      scheme = pss,
    }: { t?: number; n?: string; key?: KeyObject; scheme?: object } = {},
  ) => {
    const digest = createHash('sha256').update(body).digest('hex');
    const text = `POST\n/auth/token\n${t}\n${n}\n${digest}`;
    return { t, n, s: sign('sha256', Buffer.from(text), { key, ...scheme }).toString('base64') };
  };
  const send = (body: string, { t, n, s }: { t: number; n: string; s: string }) =>
    post('/auth/token', body, { 'x-signature': `t=${t},n=${n},s=${s}` });
  const bodyOf = (id: string) => JSON.stringify({ account_id: id, public_key: base64(pem) });

  it.each([
    { what: 'the longest salt', scheme: pss },
    { what: 'a salt as long as the hash', scheme: { ...pss, saltLength: 32 } },
  ])('gets in with $what, once', async ({ scheme }) => {
    const body = bodyOf(await create('SIGNED'));
    const signature = signatureOf(body, { scheme });
    const response = await send(body, signature);
    expect(response.status).toBe(200);
    expect(response.headers.get('deprecation')).toBeNull();
    expect((await send(body, signature)).status).toBe(401);
  });

  it('gets in once of eight at once', async () => {
    const body = bodyOf(await create('SIGNED'));
    const signature = signatureOf(body);
    const answers = await Promise.all(Array.from({ length: 8 }, () => send(body, signature)));
    expect(statuses(answers).sort()).toEqual([200, ...Array<number>(7).fill(401)]);
  });

  it.each([
    { what: 'an old time', change: (b: string) => signatureOf(b, { t: seconds() - 62 }) },
    { what: 'a time to come', change: (b: string) => signatureOf(b, { t: seconds() + 62 }) },
    { what: 'another time', change: (b: string) => ({ ...signatureOf(b), t: seconds() + 1 }) },
    { what: 'another nonce', change: (b: string) => ({ ...signatureOf(b), n: randomUUID() }) },
    { what: 'another body', change: (b: string) => signatureOf(`${b} `) },
    {
      what: 'a key of somebody else',
      change: (b: string) => signatureOf(b, { key: stranger.privateKey }),
    },
    {
      what: 'the padding of PKCS#1',
      change: (b: string) => signatureOf(b, { scheme: { padding: constants.RSA_PKCS1_PADDING } }),
    },
  ])('is refused with $what', async ({ change }) => {
    const body = bodyOf(await create('SIGNED'));
    const response = await send(body, change(body));
    expect(response.status).toBe(401);
    expect(await refusal(response)).toMatchObject({ error: 'INVALID_CREDENTIALS' });
    expect((await send(body, signatureOf(body))).status).toBe(200);
  });

  it.each(['', 't=1', 't=1,n=12345678,s=!', 't=x,n=12345678,s=YQ==', 'x'.repeat(4000)])(
    'is a bad request with the header "%.20s"',
    async (header) => {
      const body = bodyOf(await create('SIGNED'));
      const response = await post('/auth/token', body, { 'x-signature': header });
      expect(await refusal(response)).toMatchObject({
        details: { field: 'X-Signature' },
        statusCode: 400,
      });
    },
  );

  it.each(['SIGNED', 'ASSERTION_ONLY'] as const)(
    'is what a key alone is told to make in the mode %s, and only the right key',
    async (mode) => {
      const id = await create(mode);
      const response = await login(id);
      expect(response.status).toBe(401);
      expect(await refusal(response)).toMatchObject({ error: 'SIGNATURE_REQUIRED' });
      const other = await login(id, base64(pemOf(stranger.publicKey)));
      expect(await refusal(other)).toMatchObject({ error: 'INVALID_CREDENTIALS' });
    },
  );

  it('may be left out for a while, which is reported', async () => {
    const id = await create();
    await api.ask(SET_MODE, {
      id,
      input: { mode: 'SIGNED', until: new Date(Date.now() + 86_400_000), reason: 'Changing over' },
    });
    const bare = await login(id);
    expect(bare.status).toBe(200);
    expect(bare.headers.get('sunset')).not.toBeNull();
    const body = bodyOf(id);
    expect((await send(body, signatureOf(body))).status).toBe(200);
    const client = await api.ask<{ id: string }>(CREATE_CLIENT);
    const shared = { input: { clientId: client.id, publicKey: pem } };
    expect((await api.post(ADD_KEY, shared)).errors).toMatchObject([
      { extensions: { code: 'KEY_NOT_DEDICATED' } },
    ]);
    expect((await listed({ loginMode: 'SIGNED' })).edges[0]?.node).toMatchObject({
      lastLegacyLogin: { address: '127.0.0.1' },
    });
  });
});

describe('a login by assertion', () => {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const assertionOf = (id: string, changes: object = {}, key = privateKey) => {
    const claims = { iss: id, sub: id, aud: publicUrl, exp: seconds() + 60, jti: randomUUID() };
    const text = `${part({ alg: 'RS256', typ: 'JWT' })}.${part({ ...claims, ...changes })}`;
    return `${text}.${sign('sha256', Buffer.from(text), key).toString('base64url')}`;
  };
  const send = (id: string, assertion: string) =>
    post('/auth/token', { account_id: id, client_assertion: assertion });

  it.each([publicUrl, `${publicUrl}/auth/token`])(
    'gets in once with the audience %s',
    async (aud) => {
      const id = await create('ASSERTION_ONLY');
      const assertion = assertionOf(id, { aud });
      expect((await send(id, assertion)).status).toBe(200);
      expect((await send(id, assertion)).status).toBe(401);
      const form = { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion };
      expect((await post('/api/oauth/token', form)).status).toBe(400);
    },
  );

  it.each([
    { what: 'no jti', changes: { jti: undefined } },
    { what: 'another audience', changes: { aud: 'https://other.example.com' } },
    { what: 'no audience', changes: { aud: undefined } },
    { what: 'a list of audiences', changes: { aud: [publicUrl] } },
    { what: 'an end that is past', changes: { exp: seconds() - 120 } },
    { what: 'another subject', changes: { sub: 'other' } },
    { what: 'another issuer', changes: { iss: 'other' } },
  ])('is refused with $what', async ({ changes }) => {
    const id = await create('ASSERTION_ONLY');
    const response = await send(id, assertionOf(id, changes));
    expect(response.status).toBe(401);
    expect(await refusal(response)).toMatchObject({ error: 'INVALID_CREDENTIALS' });
  });

  it('is refused when somebody else signed it, and beside a signature', async () => {
    const id = await create('ASSERTION_ONLY');
    expect((await send(id, assertionOf(id, {}, stranger.privateKey))).status).toBe(401);
    expect((await send(id, 'a.b.c')).status).toBe(401);
    const body = { account_id: id, client_assertion: assertionOf(id) };
    expect((await post('/auth/token', body, { 'x-signature': 't=1' })).status).toBe(400);
  });
});

describe('with PAYMENTSGATE_EMPTY_REFRESH_ERROR=false', () => {
  it('a refused refresh says what it is', async () => {
    const other = await ApiClient.start({ PAYMENTSGATE_EMPTY_REFRESH_ERROR: 'false' });
    try {
      const response = await other.as(undefined).fetch('/auth/token/refresh', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ refresh_token: 'unknown' }),
      });
      expect(response.status).toBe(401);
      expect(await refusal(response)).toEqual({
        error: 'INVALID_REFRESH_TOKEN',
        message: 'The refresh token is not valid',
        statusCode: 401,
      });
    } finally {
      await other.close();
    }
  });
});

describe('service accounts in GraphQL', () => {
  const codeOf = async (query: string, variables: object, client = api) =>
    (await client.post(query, variables)).errors?.[0]?.extensions;

  it('come in pages', async () => {
    for (const accountId of ['b', 'a', 'c']) {
      await api.ask(CREATE, { input: { accountId, name: 'Shop', scopes: ['devices:read'] } });
    }
    const first = await listed({}, 2);
    expect(first.edges.map(({ node }) => node.id)).toEqual(['a', 'b']);
    const rest = await listed({}, 2, first.pageInfo.endCursor);
    expect(rest.edges.map(({ node }) => node.id)).toEqual(['c']);
  });

  it('lose their limits by switches of their own', async () => {
    const id = await create('ASSERTION_ONLY');
    const lifted = { allAddresses: true, allApplications: true, neverExpires: true };
    expect(await api.ask(UPDATE, { id, input: lifted })).toMatchObject({ allowedIps: null });
    const both = { allAddresses: true, allowedIps: ['127.0.0.1'] };
    expect(await codeOf(UPDATE, { id, input: both })).toMatchObject({ code: 'BAD_USER_INPUT' });
  });

  it.each([
    { what: 'its name', input: { name: ' ' }, field: 'name' },
    { what: 'its scopes', input: { scopes: ['everything'] }, field: 'scopes' },
    { what: 'its addresses', input: { allowedIps: ['localhost'] }, field: 'allowedIps' },
    { what: 'its end', input: { expiresAt: '2020-01-01T00:00:00Z' }, field: 'expiresAt' },
  ])('are not changed when $what is wrong', async ({ input, field }) => {
    const id = await create('ASSERTION_ONLY');
    expect(await codeOf(UPDATE, { id, input })).toMatchObject({ field: `input.${field}` });
  });

  it('are closed to whoever has no permission', async () => {
    const { access_token: token } = await enter(await create());
    expect(await codeOf(LIST, { filter: {} }, api.as(token))).toMatchObject({ code: 'FORBIDDEN' });
    expect(await codeOf(LIST, { filter: {} }, api.as(undefined))).toMatchObject({
      code: 'UNAUTHENTICATED',
    });
  });
});

interface Listed {
  readonly edges: readonly { readonly node: { readonly id: string } }[];
  readonly pageInfo: { readonly endCursor: string | null };
}
const listed = (filter: object, first = 50, after: string | null = null) =>
  api.ask<Listed>(LIST, { filter, first, after });

const CREATE = `mutation ($input: CreateServiceAccountInput!) {
  createServiceAccount(input: $input) { id }
}`;
const UPDATE = `mutation ($id: ID!, $input: UpdateServiceAccountInput!) {
  updateServiceAccount(id: $id, input: $input) { id allowedIps applicationIds expiresAt }
}`;
const SET_MODE = `mutation ($id: ID!, $input: SetServiceAccountLoginModeInput!) {
  setServiceAccountLoginMode(id: $id, input: $input) { id loginMode legacyUntil }
}`;
const BLOCK = 'mutation ($id: ID!) { blockServiceAccount(id: $id) { blockedAt } }';
const UNBLOCK = 'mutation ($id: ID!) { unblockServiceAccount(id: $id) { blockedAt } }';
const REMOVE = 'mutation ($id: ID!) { removeServiceAccount(id: $id) { id } }';
const CREATE_CLIENT =
  'mutation { createClient(input: { name: "CRM", scopes: ["devices:read"] }) { id } }';
const ADD_KEY = 'mutation ($input: AddKeyInput!) { addKey(input: $input) { id } }';
const LIST = `query ($filter: ServiceAccountFilterInput, $first: Int! = 50, $after: String) {
  serviceAccounts(filter: $filter, first: $first, after: $after) {
    edges {
      node { id loginMode legacyReason lastLegacyLogin { at address userAgent } keys { enabled } }
    }
    pageInfo { endCursor }
  }
}`;
