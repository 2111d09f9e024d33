import type { Permission } from '@app/core';
import type { ApiClient } from './api-client';
import { Callers } from './callers';
import { DatabaseSnapshot } from './database-snapshot';
import { startInside } from './server-inside';
import { otherSigner, populate, type Tenancy } from './two-applications';

const password = 'correct horse battery';

let api: ApiClient;
let callers: Callers;
let aleph: Tenancy;
let kept: DatabaseSnapshot;

beforeAll(async () => {
  const inside = await startInside();
  api = inside.api;
  aleph = await populate(api, '1', 'aleph');
  await populate(api, '2', 'beth');
  callers = await Callers.create(api, inside.app);
  const create = (email: string, role: string) =>
    api.ask(CREATE_OPERATOR, { input: { email, role, password, passwordIsTemporary: false } });
  await create('admin@staff.example.com', 'ADMIN');
  await api.ask(UPDATE_CLIENT, { id: aleph.clientId, input: { scopes: clientScopes } });
  await api.ask(UPDATE_ACCOUNT, { id: aleph.accountId, input: { scopes: clientScopes } });
  const disabled = { id: aleph.clientKeyId, enabled: false };
  await api.ask(SET_KEY_ENABLED, disabled);
  kept = await DatabaseSnapshot.take(api);
});
afterAll(() => api.close());

/** Of aleph's client and service account. */
const clientScopes: Permission[] = ['messages:send', 'devices:read'];
/** Who may do with machines and keys what he wants, but none of it himself. */
const administrative: Permission[] = [
  'clients:read',
  'clients:write',
  'keys:read',
  'keys:write',
  'operators:write',
];
const scopes = ['messages:send'];

interface Attempt {
  readonly query: string;
  readonly variables: () => object;
}

const attempts: Readonly<Record<string, Attempt>> = {
  'a client with a scope that he lacks': {
    query: 'CREATE_CLIENT',
    variables: () => ({ input: { name: 'New', scopes } }),
  },
  'a service account with a scope that he lacks': {
    query: 'CREATE_ACCOUNT',
    variables: () => ({ input: { name: 'New', scopes } }),
  },
  'a scope that he lacks to a client': {
    query: 'UPDATE_CLIENT',
    variables: () => ({ id: aleph.clientId, input: { scopes } }),
  },
  'a scope that he lacks to a service account': {
    query: 'UPDATE_ACCOUNT',
    variables: () => ({ id: aleph.accountId, input: { scopes } }),
  },
  'a client out of what it may do, by which he would decide of it': {
    query: 'UPDATE_CLIENT',
    variables: () => ({ id: aleph.clientId, input: { scopes: ['keys:read'] } }),
  },
  'a key to a client that may more than he': {
    query: 'ADD_KEY',
    variables: () => ({
      input: { clientId: aleph.clientId, publicKey: otherSigner.publicKey },
    }),
  },
  'a key to a service account that may more than he': {
    query: 'ADD_KEY',
    variables: () => ({
      input: { serviceAccountId: aleph.accountId, publicKey: otherSigner.publicKey },
    }),
  },
  'its old key to a client that may more than he': {
    query: 'SET_KEY_ENABLED',
    variables: () => ({ id: aleph.clientKeyId, enabled: true }),
  },
  'an easier login to a service account that may more than he': {
    query: 'SET_LOGIN_MODE',
    variables: () => ({ id: aleph.accountId, input: { mode: 'SIGNED' } }),
  },
  'a role that may more than he': {
    query: 'CREATE_OPERATOR',
    variables: () => ({ input: { email: 'new@example.com', role: 'OWNER', password } }),
  },
};

const texts = () =>
  ({
    CREATE_CLIENT,
    CREATE_ACCOUNT,
    CREATE_API_KEY,
    UPDATE_CLIENT,
    UPDATE_ACCOUNT,
    ADD_KEY,
    SET_KEY_ENABLED,
    SET_LOGIN_MODE,
    CREATE_OPERATOR,
  }) as Readonly<Record<string, string>>;

const codeOf = async (caller: ApiClient, query: string, variables: object) =>
  (await caller.post(query, variables)).errors?.[0]?.extensions.code;

describe('nobody grants what he does not hold', () => {
  afterEach(async () => {
    expect(await kept.changed()).toEqual([]);
  });

  it.each(Object.entries(attempts))('%s', async (_, { query, variables }) => {
    const caller = await callers.with(...administrative);
    expect(await codeOf(caller, texts()[query] ?? '', variables())).toBe('FORBIDDEN');
  });

  it.each([
    ['all applications to a new client', { applicationIds: undefined }, 'FORBIDDEN'],
    ['another application to a new client', { applicationIds: ['1'] }, 'APPLICATION_NOT_FOUND'],
    ['another application beside his own', { applicationIds: ['2', '1'] }, 'APPLICATION_NOT_FOUND'],
  ])('%s', async (_, limit, code) => {
    const caller = await callers.ofBeth();
    const input = { name: 'New', scopes, ...limit };
    expect(await codeOf(caller, CREATE_CLIENT, { input })).toBe(code);
    expect(await codeOf(caller, CREATE_ACCOUNT, { input })).toBe(code);
  });

  it.each([
    ['a client', 'CREATE_CLIENT'],
    ['a service account', 'CREATE_ACCOUNT'],
    ['an API key', 'CREATE_API_KEY'],
  ])('%s of another application answers as of one that nobody has', async (_, query) => {
    const caller = await callers.ofBeth();
    const answers = [['1'], ['999'], ['1', '999'], ['2', '999']].map(async (applicationIds) => {
      const input = { name: 'New', scopes, applicationIds };
      const { errors } = await caller.post(texts()[query] ?? '', { input });
      return [errors?.[0]?.extensions.code, errors?.[0]?.message];
    });
    expect(await Promise.all(answers)).toEqual(
      ['1', '999', '1', '999'].map((id) => [
        'APPLICATION_NOT_FOUND',
        `There is no application ${id}`,
      ]),
    );
  });

  it.each([
    ['all applications', { allApplications: true }, 'FORBIDDEN'],
    ['another application', { applicationIds: ['1'] }, 'APPLICATION_NOT_FOUND'],
    ['another application too', { applicationIds: ['1', '2'] }, 'APPLICATION_NOT_FOUND'],
  ])('%s to a client or a service account of his application', async (_, input, code) => {
    const caller = await callers.ofBeth();
    for (const [query, id] of [
      [UPDATE_CLIENT, 'beth-client'],
      [UPDATE_ACCOUNT, 'beth-account'],
      [UPDATE_CLIENT, 'beth-only'], // himself
    ] as const) {
      expect(await codeOf(caller, query, { id, input })).toBe(code);
    }
  });

  it('a key that makes users of an application to whoever does not reach it', async () => {
    const input = { applicationId: '1', publicKey: otherSigner.publicKey };
    expect(await codeOf(await callers.ofBeth(), ADD_KEY, { input })).toBe('APPLICATION_NOT_FOUND');
  });

  it('a token with more scopes than its client has', async () => {
    const caller = api.as(await callers.accessToken(['audit:read'], aleph.clientId));
    expect(await codeOf(caller, '{ auditEvents { edges { cursor } } }', {})).toBe('FORBIDDEN');
  });
});

describe('an operator', () => {
  afterEach(() => kept.restore());

  const login = async (email: string, secret = password) => {
    const variables = { email, password: secret };
    const { token } = await api.as(undefined).ask<{ token: string }>(LOGIN, variables);
    return api.as(token);
  };
  const idOf = async (caller: ApiClient) =>
    (await caller.ask<{ id: string }>('{ viewer { id } }')).id;

  it('who is an ADMIN makes, changes and removes no operators, himself included', async () => {
    const admin = await login('admin@staff.example.com');
    const [own, owner] = [await idOf(admin), await idOf(api)];
    const input = { email: 'new@example.com', role: 'VIEWER', password };
    expect(await codeOf(admin, CREATE_OPERATOR, { input })).toBe('FORBIDDEN');
    for (const id of [own, owner]) {
      expect(await codeOf(admin, UPDATE_OPERATOR, { id, input: { role: 'OWNER' } })).toBe(
        'FORBIDDEN',
      );
      expect(await codeOf(admin, REMOVE_OPERATOR, { id })).toBe('FORBIDDEN');
      expect(await codeOf(admin, RESET_PASSWORD, { id, password })).toBe('FORBIDDEN');
    }
  });

  it('who is an OWNER neither changes nor removes himself', async () => {
    const id = await idOf(api);
    const refusals = [
      await codeOf(api, UPDATE_OPERATOR, { id, input: { role: 'VIEWER' } }),
      await codeOf(api, UPDATE_OPERATOR, { id, input: { enabled: false } }),
      await codeOf(api, REMOVE_OPERATOR, { id }),
      await codeOf(api, RESET_PASSWORD, { id, password }),
    ];
    expect(refusals).not.toContain(undefined);
    expect(await idOf(api)).toBe(id);
  });
});

const CREATE_CLIENT =
  'mutation ($input: CreateClientInput!) { createClient(input: $input) { id } }';
const CREATE_ACCOUNT =
  'mutation ($input: CreateServiceAccountInput!) { createServiceAccount(input: $input) { id } }';
const CREATE_API_KEY =
  'mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { secret } }';
const UPDATE_CLIENT =
  'mutation ($id: ID!, $input: UpdateClientInput!) { updateClient(id: $id, input: $input) { id } }';
const UPDATE_ACCOUNT =
  'mutation ($id: ID!, $input: UpdateServiceAccountInput!) { updateServiceAccount(id: $id, input: $input) { id } }';
const ADD_KEY = 'mutation ($input: AddKeyInput!) { addKey(input: $input) { id } }';
const SET_KEY_ENABLED =
  'mutation ($id: ID!, $enabled: Boolean!) { setKeyEnabled(id: $id, enabled: $enabled) { id } }';
const SET_LOGIN_MODE =
  'mutation ($id: ID!, $input: SetServiceAccountLoginModeInput!) { setServiceAccountLoginMode(id: $id, input: $input) { id } }';
const LOGIN =
  'mutation ($email: String!, $password: String!) { login(email: $email, password: $password) { token } }';
const CREATE_OPERATOR =
  'mutation ($input: CreateOperatorInput!) { createOperator(input: $input) { id } }';
const UPDATE_OPERATOR =
  'mutation ($id: ID!, $input: UpdateOperatorInput!) { updateOperator(id: $id, input: $input) { id } }';
const REMOVE_OPERATOR = 'mutation ($id: ID!) { removeOperator(id: $id) { id } }';
const RESET_PASSWORD =
  'mutation ($id: ID!, $password: String!) { resetOperatorPassword(id: $id, password: $password) { id } }';
