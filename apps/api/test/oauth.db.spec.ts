import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { TokenSigner } from '@app/testing/token-signer';
import { ApiClient } from './api-client';

const tokenPath = '/api/oauth/token';
const grantType = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

interface Tokens {
  readonly access_token: string;
  readonly scope: string;
}

describe('the OAuth endpoints', () => {
  const signer = TokenSigner.create();
  let api: ApiClient;
  let anybody: ApiClient;

  beforeAll(async () => {
    api = await ApiClient.start({ PUBLIC_URL: 'https://push.example.com' });
    anybody = api.as(undefined);
    for (const id of ['1', '2']) {
      const input = { id, name: 'Bank' };
      await api.ask(
        'mutation ($input: CreateApplicationInput!) { createApplication(input: $input) { id } }',
        { input },
      );
    }
    await api.ask(CREATE_CLIENT, {
      input: { clientId: 'crm', name: 'CRM', scopes: ['messages:send', 'devices:read'] },
    });
    await api.ask(CREATE_CLIENT, {
      input: { clientId: 'auditor', name: 'Auditor', scopes: ['clients:read'] },
    });
    for (const clientId of ['crm', 'auditor']) {
      await api.ask(ADD_KEY, { input: { clientId, publicKey: signer.publicKey } });
    }
  });
  afterAll(() => api.close());
  beforeEach(() => api.sql('DELETE FROM rate_limits'));

  const post = (path: string, form: Record<string, string> | string, from = anybody) =>
    from.fetch(path, { method: 'POST', body: new URLSearchParams(form) });
  const withBearer = (assertion: string, init: RequestInit = {}) =>
    api.as(assertion).fetch(tokenPath, { method: 'POST', ...init });
  const login = async (clientId: string) => {
    const answer = await withBearer(signer.assertion(clientId));
    return (await answer.json()) as Tokens;
  };
  const bodyOf = async (answer: Response) => (await answer.json()) as Record<string, unknown>;

  describe('give a token', () => {
    const json = { 'content-type': 'application/json' };
    it.each<{ what: string; init: RequestInit }>([
      { what: 'no body', init: {} },
      { what: 'an empty body of JSON', init: { headers: json, body: '' } },
      {
        what: 'an empty body of text',
        init: { headers: { 'content-type': 'text/plain' }, body: '' },
      },
      { what: 'an empty object', init: { headers: json, body: '{}' } },
      { what: 'an empty form', init: { body: new URLSearchParams() } },
      { what: 'the grant type', init: { body: new URLSearchParams({ grant_type: grantType }) } },
    ])('for an assertion in the header and $what', async ({ init }) => {
      const answer = await withBearer(signer.assertion('crm'), init);
      expect(answer.status).toBe(200);
      expect(await answer.json()).toEqual({
        access_token: expect.stringMatching(/^[\w-]+\.[A-Za-z0-9]+\.[\w-]+$/) as string,
        token_type: 'Bearer',
        expires_in: 3600,
        scope: 'devices:read messages:send',
      });
    });

    it('for an assertion in the header of a request that has a type but no length', async () => {
      const headers = {
        authorization: `Bearer ${signer.assertion('crm')}`,
        'content-type': 'application/json',
      };
      const sent = request(api.url + tokenPath, { method: 'POST', headers });
      sent.removeHeader('transfer-encoding');
      sent.removeHeader('content-length');
      sent.end();
      const [answer] = (await once(sent, 'response')) as [IncomingMessage];
      answer.resume();
      expect(answer.statusCode).toBe(200);
    });

    it('that nobody keeps, uncompressed whatever the client takes', async () => {
      const headers = { 'accept-encoding': 'deflate, gzip, br' };
      const answer = await withBearer(signer.assertion('crm'), { headers });
      expect(answer.headers.get('cache-control')).toBe('no-store');
      expect(answer.headers.get('pragma')).toBe('no-cache');
      expect(answer.headers.get('content-encoding')).toBeNull();
      expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
    });

    it('for an assertion in a form, with fewer scopes', async () => {
      const assertion = signer.assertion('crm', { aud: 'https://push.example.com' });
      const form = { grant_type: grantType, assertion, scope: 'messages:send' };
      const answer = await post(tokenPath, form);
      expect(answer.status).toBe(200);
      expect(await answer.json()).toMatchObject({ scope: 'messages:send' });
    });

    it('that opens what its scopes open', async () => {
      const client = api.as((await login('crm')).access_token);
      expect(await client.ask(VIEWER)).toEqual({
        kind: 'CLIENT',
        id: 'crm',
        permissions: ['devices:read', 'messages:send'],
      });
      const { errors } = await client.post('{ clients { edges { node { id } } } }');
      expect(errors?.[0]?.extensions.code).toBe('FORBIDDEN');
    });
  });

  describe('refuse', () => {
    const assertion = () => signer.assertion('crm');
    const form = (extra: Record<string, string>) => ({ grant_type: grantType, ...extra });
    it.each([
      { what: 'an empty form', body: () => ({}), error: 'invalid_request' },
      { what: 'a form without assertion', body: () => form({}), error: 'invalid_request' },
      {
        what: 'a form without grant type',
        body: () => ({ assertion: assertion() }),
        error: 'invalid_request',
      },
      {
        what: 'a parameter twice',
        body: () => `scope=a&scope=a&grant_type=${grantType}&assertion=${assertion()}`,
        error: 'invalid_request',
      },
      {
        what: 'another grant',
        body: () => ({ grant_type: 'client_credentials' }),
        error: 'unsupported_grant_type',
      },
      {
        what: 'a client secret beside',
        body: () => form({ assertion: assertion(), client_secret: 's' }),
        error: 'invalid_request',
      },
      {
        what: 'a scope that it lacks',
        body: () => form({ assertion: assertion(), scope: 'audit:read' }),
        error: 'invalid_scope',
      },
      {
        what: 'what is no assertion',
        body: () => form({ assertion: 'a.b.c' }),
        error: 'invalid_grant',
      },
      { what: 'NUL', body: () => form({ assertion: '\0' }), error: 'invalid_request' },
      {
        what: 'another key',
        body: () => form({ assertion: TokenSigner.create().assertion('crm') }),
        error: 'invalid_grant',
      },
    ])('$what with 400 and $error', async ({ body, error }) => {
      const answer = await post(tokenPath, body());
      expect(answer.status).toBe(400);
      expect(answer.headers.get('cache-control')).toBe('no-store');
      const { error_description: message, ...rest } = await bodyOf(answer);
      expect(message).toEqual(expect.any(String));
      expect(rest).toEqual({ error, success: false, code: 400, message });
    });

    it('an assertion in the header with 401, a challenge, and not the reason', async () => {
      const answer = await withBearer(signer.assertion('nobody'));
      expect(answer.status).toBe(401);
      expect(answer.headers.get('www-authenticate')).toBe('Bearer');
      expect(await answer.json()).toEqual({
        error: 'invalid_grant',
        error_description: 'The assertion is not valid',
        success: false,
        code: 401,
        message: 'The assertion is not valid',
      });
    });

    it.each<{ what: string; init: RequestInit }>([
      { what: 'two assertions', init: { body: new URLSearchParams({ assertion: 'a.b.c' }) } },
      { what: 'another scheme', init: { headers: { authorization: 'Basic Y3JtOnNlY3JldA==' } } },
      { what: 'more than a token', init: { headers: { authorization: 'Bearer a.b.c anything' } } },
      {
        what: 'malformed JSON',
        init: { headers: { 'content-type': 'application/json' }, body: '{' },
      },
      {
        what: 'JSON that is a list',
        init: { headers: { 'content-type': 'application/json' }, body: '[]' },
      },
      {
        what: 'JSON that nests',
        init: { headers: { 'content-type': 'application/json' }, body: '{"scope":{}}' },
      },
    ])('$what with 400', async ({ init }) => {
      const answer = await withBearer(signer.assertion('crm'), init);
      expect(answer.status).toBe(400);
      expect(await answer.json()).toMatchObject({
        error: 'invalid_request',
        success: false,
        code: 400,
      });
    });

    it.each([
      { what: 'another method', path: tokenPath, init: { method: 'GET' }, status: 404 },
      {
        what: 'an unknown route',
        path: '/api/oauth/authorize',
        init: { method: 'POST' },
        status: 404,
      },
      {
        what: 'another kind of body',
        path: tokenPath,
        init: { method: 'POST', body: '<x/>', headers: { 'content-type': 'application/xml' } },
        status: 415,
      },
    ])('$what in their own form', async ({ path, init, status }) => {
      const answer = await anybody.fetch(path, init);
      expect(answer.status).toBe(status);
      expect(await answer.json()).toMatchObject({
        error: 'invalid_request',
        success: false,
        code: status,
      });
    });

    it('an address that guesses, for a while', async () => {
      const guess = () => withBearer('a.b.c');
      let answer = await guess();
      for (let n = 0; n < 40 && answer.status === 401; n++) answer = await guess();
      expect(answer.status).toBe(429);
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(await answer.json()).toMatchObject({ error: 'temporarily_unavailable', code: 429 });
    });

    it('nobody else at that address', async () => {
      const guesses = await Promise.all(Array.from({ length: 40 }, () => withBearer('a.b.c')));
      expect(guesses.map(({ status }) => status)).toContain(429);
      expect((await withBearer(signer.assertion('crm'))).status).toBe(200);
    });
  });

  describe('introspect', () => {
    const introspect = (token: string, from: ApiClient) =>
      post('/api/oauth/introspect', { token }, from);

    it('a token for who may see clients, and for who holds it', async () => {
      const { access_token: token } = await login('crm');
      const auditor = api.as((await login('auditor')).access_token);
      for (const from of [auditor, api.as(token)]) {
        const answer = await introspect(token, from);
        expect(answer.status).toBe(200);
        expect(await answer.json()).toEqual({
          active: true,
          token_type: 'Bearer',
          scope: 'devices:read messages:send',
          client_id: 'crm',
          sub: 'crm',
          iss: 'https://push.example.com',
          aud: 'carillon:access',
          exp: expect.any(Number) as number,
          iat: expect.any(Number) as number,
          jti: expect.any(String) as string,
        });
      }
    });

    it.each([
      { what: 'no token', token: () => 'x' },
      { what: 'an assertion', token: () => signer.assertion('crm') },
    ])('$what as not active', async ({ token }) => {
      const answer = await introspect(token(), api);
      expect(await answer.json()).toEqual({ active: false });
    });

    it('for who is limited to some applications, tokens of these', async () => {
      const inFirst = { scopes: ['clients:read'], applicationIds: ['1'] };
      const inSecond = { scopes: ['clients:read'], applicationIds: ['2'] };
      for (const [clientId, limits] of Object.entries({
        inFirst,
        alsoInFirst: inFirst,
        inSecond,
      })) {
        await api.ask(CREATE_CLIENT, { input: { clientId, name: clientId, ...limits } });
        await api.ask(ADD_KEY, { input: { clientId, publicKey: signer.publicKey } });
      }
      const token = async (clientId: string) => (await login(clientId)).access_token;
      const asker = await token('inFirst');
      const isActive = async (asked: string) =>
        (await bodyOf(await introspect(asked, api.as(asker)))).active;
      expect(await isActive(asker)).toBe(true);
      expect(await isActive(await token('alsoInFirst'))).toBe(true);
      expect(await isActive(await token('inSecond'))).toBe(false);
      expect(await isActive(await token('crm'))).toBe(false);
    });

    it('nothing for others', async () => {
      const { access_token: token } = await login('auditor');
      const anonymous = await introspect(token, anybody);
      expect(anonymous.status).toBe(401);
      expect(anonymous.headers.get('www-authenticate')).toBe('Bearer');
      const stranger = await introspect(token, api.as((await login('crm')).access_token));
      expect(stranger.status).toBe(403);
      expect(await stranger.json()).toMatchObject({ error: 'insufficient_scope', code: 403 });
    });
  });

  describe('revoke', () => {
    it('a token at once, and say no more of what they do not know', async () => {
      const { access_token: token } = await login('crm');
      for (const unknown of [token, token, 'x', signer.assertion('crm')]) {
        const answer = await post('/api/oauth/revoke', { token: unknown });
        expect(answer.status).toBe(200);
        expect(await answer.text()).toBe('');
      }
      const { errors } = await api.as(token).post('{ viewer { id } }');
      expect(errors?.[0]?.extensions.code).toBe('INVALID_TOKEN');
      expect((await post('/api/oauth/revoke', {})).status).toBe(400);
    });
  });

  it('leave one event of a token that is revoked several times at once', async () => {
    const { access_token: token } = await login('crm');
    const events = () => api.sql(`SELECT FROM audit_events WHERE action = 'token.revoke'`);
    const before = (await events()).length;
    await Promise.all(Array.from({ length: 8 }, () => post('/api/oauth/revoke', { token })));
    expect(await events()).toHaveLength(before + 1);
  });

  it('are described where clients look', async () => {
    const metadata = await bodyOf(await anybody.fetch('/.well-known/oauth-authorization-server'));
    expect(metadata).toMatchObject({
      issuer: 'https://push.example.com',
      token_endpoint: 'https://push.example.com/api/oauth/token',
      grant_types_supported: [grantType],
    });
    const answer = await anybody.fetch('/.well-known/jwks.json');
    const { keys } = (await answer.json()) as { keys: Record<string, unknown>[] };
    const [header = ''] = (await login('crm')).access_token.split('.');
    const { kid } = JSON.parse(Buffer.from(header, 'base64url').toString()) as { kid: string };
    expect(keys.map((key) => key.kid)).toContain(kid);
    for (const key of keys)
      expect(Object.keys(key).sort()).toEqual(['alg', 'e', 'kid', 'kty', 'n', 'use']);
  });
});

const CREATE_CLIENT = `mutation ($input: CreateClientInput!) { createClient(input: $input) { id } }`;
const ADD_KEY = `mutation ($input: AddKeyInput!) { addKey(input: $input) { id } }`;
const VIEWER = `{ viewer { kind id permissions } }`;
