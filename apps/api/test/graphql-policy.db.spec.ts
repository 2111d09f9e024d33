import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AccessTokens } from '@app/auth';
import { ConfigError } from '@app/core';
import { getIntrospectionQuery } from 'graphql';
import { createTestDatabase } from '@app/testing/database';
import { startApi } from '../src/start';
import { ApiClient, type Answer } from './api-client';
import { testConfig } from '@app/testing/config';
import { startInside } from './server-inside';
import { SubscriptionClient } from './subscription-client';

const codesOf = ({ errors = [] }: Answer) => errors.map(({ extensions }) => extensions.code);
const messagesOf = ({ errors = [] }: Answer) => errors.map(({ message }) => message);

const VIEWER = 'query Viewer { viewer { kind } }';
const PROGRESS = 'subscription ($id: ID!) { campaignProgress(id: $id) { state } }';

const CREATE_CLIENT = `mutation {
  createClient(input: { clientId: "crm", name: "CRM", scopes: ["campaigns:read"] }) { id }
}`;

interface Exchange {
  readonly status: number;
  readonly answer: Answer;
}

async function send(api: ApiClient, body: unknown, headers = {}): Promise<Exchange> {
  const response = await api.fetch('/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return { status: response.status, answer: (await response.json()) as Answer };
}

describe('GraphQL over HTTP', () => {
  let api: ApiClient;
  beforeAll(async () => {
    api = await ApiClient.start();
  });
  afterAll(() => api.close());

  it.each([
    { what: 'a text', type: 'text/plain', body: JSON.stringify({ query: VIEWER }) },
    { what: 'a form', type: 'application/x-www-form-urlencoded', body: 'query=%7Bviewer%7D' },
  ])('refuses $what, which a foreign page could make a browser send', async ({ type, body }) => {
    const { status, answer } = await send(api, body, { 'content-type': type });
    expect({ status, codes: codesOf(answer) }).toEqual({ status: 400, codes: ['BAD_REQUEST'] });
    expect(messagesOf(answer)[0]).toContain('Cross-Site Request Forgery');
  });

  it('answers a GET only with the header that no foreign page can send', async () => {
    const path = `/graphql?query=${encodeURIComponent(VIEWER)}`;
    const refused = await api.fetch(path);
    expect(refused.status).toBe(400);
    expect(codesOf((await refused.json()) as Answer)).toEqual(['BAD_REQUEST']);
    const answered = await api.fetch(path, { headers: { 'apollo-require-preflight': 'yes' } });
    expect(await answered.json()).toEqual({ data: { viewer: { kind: 'OPERATOR' } } });
  });

  it('refuses a mutation by GET', async () => {
    const response = await api.fetch(`/graphql?query=${encodeURIComponent('mutation{logout}')}`, {
      headers: { 'apollo-require-preflight': 'yes' },
    });
    expect(response.status).toBe(405);
    expect(codesOf((await response.json()) as Answer)).toEqual(['BAD_REQUEST']);
  });

  it.each([
    { what: 'another content type', type: 'application/xml', method: 'POST', status: 415 },
    {
      what: 'a multipart body',
      type: 'multipart/form-data; boundary=x',
      method: 'POST',
      status: 415,
    },
    { what: 'another method', type: 'application/json', method: 'PUT', status: 405 },
    { what: 'DELETE', type: 'application/json', method: 'DELETE', status: 405 },
  ])('refuses $what as GraphQL does', async ({ type, method, status }) => {
    const response = await api.fetch('/graphql', {
      method,
      headers: { 'content-type': type },
      body: '{}',
    });
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toContain('application/json');
    expect(codesOf((await response.json()) as Answer)).toEqual(['BAD_REQUEST']);
  });

  it('names each variable of a wrong type', async () => {
    const query =
      'query ($id: ID!, $first: Int!) { device(id: $id) { id } a: devices(first: $first) { edges { cursor } } }';
    const { status, answer } = await send(api, { query, variables: { id: {}, first: 'x' } });
    expect({ status, codes: codesOf(answer) }).toEqual({
      status: 400,
      codes: ['BAD_USER_INPUT', 'BAD_USER_INPUT'],
    });
  });

  describe('with persisted queries', () => {
    const hashOf = (query: string) => createHash('sha256').update(query).digest('hex');
    const persisted = (sha256Hash: string, query?: string) => ({
      ...(query !== undefined && { query }),
      extensions: { persistedQuery: { version: 1, sha256Hash } },
    });

    it('learns a query by its hash, once it has seen both', async () => {
      const query = '{ viewer { kind permissions } }';
      const unknown = await send(api, persisted(hashOf(query)));
      expect(codesOf(unknown.answer)).toEqual(['PERSISTED_QUERY_NOT_FOUND']);
      const registered = await send(api, persisted(hashOf(query), query));
      expect(registered.answer.errors).toBeUndefined();
      expect(await send(api, persisted(hashOf(query)))).toEqual(registered);
    });

    it('learns nothing under the hash of another query', async () => {
      const query = '{ viewer { kind } }';
      const poison = await send(api, persisted(hashOf('another'), query));
      expect(poison.status).toBe(400);
      expect(poison.answer.errors).toMatchObject([
        { message: 'provided sha does not match query', extensions: { code: 'BAD_REQUEST' } },
      ]);
      const { answer } = await send(api, persisted(hashOf('another')));
      expect(codesOf(answer)).toEqual(['PERSISTED_QUERY_NOT_FOUND']);
    });

    it.each([
      { persistedQuery: { version: 2, sha256Hash: 'x' } },
      { persistedQuery: 'x' },
      { persistedQuery: { version: 1, sha256Hash: { a: 1 } } },
    ])('refuses %j', async (extensions) => {
      const { status, answer } = await send(api, { extensions });
      expect(status).toBeLessThan(500);
      expect(answer.errors).toHaveLength(1);
    });
  });
});

describe('with the switches off', () => {
  let api: ApiClient;
  beforeAll(async () => {
    api = await ApiClient.start({ GRAPHQL_INTROSPECTION: 'nobody', PLAYGROUND: 'false' });
  });
  afterAll(() => api.close());

  it('the schema is shown to nobody, neither whole nor by names that errors suggest', async () => {
    for (const query of [getIntrospectionQuery(), '{ __type(name: "Query") { name } }']) {
      expect(codesOf(await api.post(query))).toEqual(['INTROSPECTION_DISABLED']);
    }
    expect(messagesOf(await api.post('{ viewr { kind } }')).join()).not.toContain('Did you mean');
    expect((await api.post('{ __typename viewer { __typename } }')).errors).toBeUndefined();
  });

  it.each(['/', '/graphql', '/graphql/', '/playground/graphiql.js', '/playground/playground.js'])(
    'there is no playground at %s',
    async (path) => {
      const response = await api.fetch(path, { headers: { accept: 'text/html' } });
      expect(response.status).toBeGreaterThanOrEqual(400);
      expect(response.headers.get('content-type')).toContain('json');
      expect(await response.text()).not.toContain('<script');
    },
  );
});

describe('in production', () => {
  let api: ApiClient;
  beforeAll(async () => {
    api = await ApiClient.start({ NODE_ENV: 'production' });
  });
  afterAll(() => api.close());

  it('the schema is shown to those who have signed in', async () => {
    const query = getIntrospectionQuery();
    expect((await api.post(query)).errors).toBeUndefined();
    const anonymous = api.as(undefined);
    expect(codesOf(await anonymous.post(query))).toEqual(['INTROSPECTION_DISABLED']);
    const hidden =
      '{ ...a } fragment a on Query { viewer { kind } t: __type(name: "Query") { name } }';
    expect(codesOf(await anonymous.post(hidden))).toEqual(['INTROSPECTION_DISABLED']);
    expect(codesOf(await anonymous.post('{ __typename viewer { __typename } }'))).toEqual([
      'UNAUTHENTICATED',
    ]);
  });

  it.each([
    { what: 'fields', query: '{ viewr { kind } }' },
    { what: 'arguments', query: '{ device(idd: 1) { id } }' },
    { what: 'types', query: '{ ... on Quer { __typename } }' },
    { what: 'variables', query: 'query ($i: RegisterDeviceInput!) { a }' },
  ])('$what are not suggested to those who have not signed in', async ({ query }) => {
    expect(messagesOf(await api.as(undefined).post(query)).join()).not.toContain('Did you mean');
  });

  it('fields are suggested to others', async () => {
    const [message] = messagesOf(await api.post('{ viewr { kind } }'));
    expect(message).toContain('Did you mean "viewer"');
  });

  it('a failure of ours has a reference and nothing else', async () => {
    await api.sql('ALTER TABLE users RENAME TO hidden_users');
    const { errors } = await api.post(
      'mutation { registerActivation(input: { activationId: "a", userId: "alice" }) { id } }',
    );
    await api.sql('ALTER TABLE hidden_users RENAME TO users');
    expect(errors).toEqual([
      {
        message: expect.stringMatching(/^Internal error, reference [0-9a-f-]{36}$/) as string,
        locations: [{ line: 1, column: 12 }],
        path: ['registerActivation'],
        extensions: { code: 'INTERNAL_SERVER_ERROR' },
      },
    ]);
  });
});

describe('with a safelist', () => {
  let folder: string;
  let path: string;
  let api: ApiClient;
  let token: string;
  /** Of somebody who is no operator. */
  let listed: ApiClient;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'carillon-safelist-'));
    path = join(folder, 'operations.graphql');
    writeFileSync(
      path,
      `# What the shop does
       query Viewer { viewer { kind } }
       query Named { viewer { ...who } }
       fragment who on Viewer { kind ...more }
       fragment more on Viewer { permissions }
       ${PROGRESS}`,
    );
    const inside = await startInside({ GRAPHQL_SAFELIST: path });
    api = inside.api;
    await api.ask(CREATE_CLIENT);
    const identity = { kind: 'client', id: 'crm', scopes: ['campaigns:read'] } as const;
    ({ token } = await inside.app.get(AccessTokens, { strict: false }).issue(identity));
    listed = api.as(token);
  });
  afterAll(async () => {
    await api.close();
    rmSync(folder, { recursive: true });
  });

  it.each([
    { what: 'as it is', query: VIEWER },
    { what: 'laid out otherwise', query: '# hello\nquery Viewer{\n viewer{kind,}}' },
    {
      what: 'with its fragments in another order',
      query:
        'fragment more on Viewer { permissions } fragment who on Viewer { kind ...more } query Named { viewer { ...who } }',
    },
  ])('an operation of it runs: $what', async ({ query }) => {
    expect((await listed.post(query)).errors).toBeUndefined();
  });

  it.each([
    { what: 'one more field', query: 'query Viewer { viewer { kind permissions } }' },
    { what: 'another name', query: '{ viewer { kind } }' },
    { what: 'an alias', query: 'query Viewer { viewer { a: kind } }' },
    {
      what: 'another fragment of the same name',
      query: 'query Named { viewer { ...who } } fragment who on Viewer { kind }',
    },
    {
      what: 'more than signing in',
      query: 'mutation { login(email: "a@b.c", password: "w") { token } logout }',
    },
  ])('no other operation runs: $what', async ({ query }) => {
    const { status, answer } = await send(listed, { query });
    expect({ status, codes: codesOf(answer) }).toEqual({
      status: 400,
      codes: ['OPERATION_NOT_SAFELISTED'],
    });
  });

  it('the operation that is meant decides, whatever stands beside it', async () => {
    const query = `${VIEWER} query Other { viewer { permissions } }`;
    const ask = async (operationName: string) =>
      codesOf((await send(listed, { query, operationName })).answer);
    expect(await ask('Viewer')).toEqual([]);
    expect(await ask('Other')).toEqual(['OPERATION_NOT_SAFELISTED']);
  });

  it('a hash stands for its query, which has to be in it', async () => {
    const register = (query: string) => ({
      query,
      extensions: {
        persistedQuery: {
          version: 1,
          sha256Hash: createHash('sha256').update(query).digest('hex'),
        },
      },
    });
    const byHash = ({ extensions }: ReturnType<typeof register>) => ({ extensions });
    const good = register(VIEWER);
    await send(listed, good);
    expect((await send(listed, byHash(good))).answer.errors).toBeUndefined();
    const bad = register('{ viewer { permissions } }');
    expect(codesOf((await send(listed, bad)).answer)).toEqual(['OPERATION_NOT_SAFELISTED']);
    expect(codesOf((await send(listed, byHash(bad))).answer)).toEqual([
      'PERSISTED_QUERY_NOT_FOUND',
    ]);
    // What an operator made known is no way around it.
    await send(api, bad);
    expect(codesOf((await send(listed, byHash(bad))).answer)).toEqual(['OPERATION_NOT_SAFELISTED']);
  });

  it('whoever signs in need not be in it', async () => {
    const query = 'mutation { login(email: "a@example.com", password: "wrong") { token } }';
    expect(codesOf(await api.as(undefined).post(query))).toEqual(['LOGIN_FAILED']);
  });

  it('operators run any', async () => {
    expect((await api.post('{ viewer { permissions } }')).errors).toBeUndefined();
  });

  it('holds for subscriptions over the socket too', async () => {
    const client = await SubscriptionClient.connect(api.url, token);
    client.subscribe('listed', PROGRESS, { id: '404' });
    client.subscribe('other', PROGRESS.replace('state', 'perSecond'), { id: '404' });
    expect(codesOf((await client.next('next', 'listed')) as Answer)).toEqual([
      'CAMPAIGN_NOT_FOUND',
    ]);
    expect(await client.refusal('other')).toBe('OPERATION_NOT_SAFELISTED');
    await client.close();
  });
});

it('no server starts with a safelist that does not fit the schema', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'carillon-safelist-'));
  const path = join(folder, 'operations.graphql');
  writeFileSync(path, '{ viewer { shoeSize } }');
  const database = await createTestDatabase();
  const starting = startApi(testConfig(database.url, { GRAPHQL_SAFELIST: path }));
  await expect(starting).rejects.toThrow(ConfigError);
  await expect(starting).rejects.toThrow('GRAPHQL_SAFELIST: ');
  await database.drop();
  rmSync(folder, { recursive: true });
});
