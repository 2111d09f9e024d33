import { TokenSigner } from '@app/testing/token-signer';
import { ApiClient } from './api-client';

interface Key {
  readonly id: string;
  readonly fingerprint: string;
}

describe('clients and keys in GraphQL', () => {
  let api: ApiClient;

  beforeAll(async () => {
    api = await ApiClient.start();
    await api.ask(`mutation { createApplication(input: { id: "1", name: "Bank" }) { id } }`);
  });
  afterAll(() => api.close());
  beforeEach(() => api.sql('TRUNCATE oauth_clients, public_keys'));

  const { publicKey } = TokenSigner.create();
  const create = (input: object = {}) =>
    api.ask<object>(CREATE, {
      input: { clientId: 'crm', name: 'CRM', scopes: ['messages:send'], ...input },
    });
  const refusal = async (query: string, variables: object) =>
    (await api.post(query, variables)).errors?.[0]?.extensions;

  it('shows a client as it was created, changed and removed', async () => {
    const created = {
      id: 'crm',
      name: 'CRM',
      scopes: ['messages:send'],
      applicationIds: ['1'],
      enabled: true,
      requireJti: false,
      maxAssertionSeconds: 3600,
      lastLoginAt: null,
      keys: [],
    };
    expect(await create({ applicationIds: ['1'] })).toEqual(created);
    expect(await api.ask(CLIENT, { id: 'crm' })).toEqual(created);
    const changed = { ...created, applicationIds: null, enabled: false, requireJti: true };
    const input = { allApplications: true, enabled: false, requireJti: true };
    expect(await api.ask(UPDATE, { input })).toEqual(changed);
    expect(await api.ask(REMOVE)).toEqual(changed);
    expect(await refusal(CLIENT, { id: 'crm' })).toEqual({ code: 'CLIENT_NOT_FOUND' });
  });

  it('lists clients in pages', async () => {
    for (const clientId of ['a', 'b', 'c']) await create({ clientId });
    interface Page {
      readonly edges: { readonly node: { readonly id: string } }[];
      readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string };
    }
    const first = await api.ask<Page>(LIST, { first: 2 });
    expect(first.edges.map(({ node }) => node.id)).toEqual(['a', 'b']);
    const last = await api.ask<Page>(LIST, { first: 2, after: first.pageInfo.endCursor });
    expect(last).toMatchObject({
      edges: [{ node: { id: 'c' } }],
      pageInfo: { hasNextPage: false },
    });
  });

  it('adds, disables and removes keys of clients and of applications', async () => {
    await create();
    for (const owner of [{ clientId: 'crm' }, { applicationId: '1' }]) {
      const added = await api.ask<Key>(ADD_KEY, { input: { ...owner, publicKey, kid: 'k1' } });
      expect(added).toMatchObject({ kid: 'k1', source: 'SPKI', algorithm: 'RS256', enabled: true });
      const disabled = await api.ask<Key>(SET_ENABLED, { id: added.id });
      expect(disabled).toEqual({ ...added, enabled: false });
    }
    const { keys } = await api.ask<{ keys: Key[] }>(CLIENT, { id: 'crm' });
    const { userKeys } = await api.ask<{ userKeys: Key[] }>(USER_KEYS);
    expect(keys[0]?.fingerprint).toBe(userKeys[0]?.fingerprint);
    await api.ask(REMOVE_KEY, { id: userKeys[0]?.id });
    expect(await api.ask(USER_KEYS)).toEqual({ userKeys: [] });
  });

  it.each([
    { what: 'a key of nobody', query: 'ADD_KEY', variables: { publicKey }, code: 'BAD_USER_INPUT' },
    {
      what: 'a key of two',
      query: 'ADD_KEY',
      variables: { publicKey, clientId: 'crm', applicationId: '1' },
      code: 'BAD_USER_INPUT',
    },
    {
      what: 'a key of an unknown client',
      query: 'ADD_KEY',
      variables: { publicKey, clientId: 'nobody' },
      code: 'KEY_OWNER_NOT_FOUND',
    },
    {
      what: 'what is no key',
      query: 'ADD_KEY',
      variables: { publicKey: 'x', applicationId: '1' },
      code: 'INVALID_KEY',
    },
    {
      what: 'a client of an application that is no number',
      query: 'CREATE',
      variables: { name: 'CRM', scopes: ['messages:send'], applicationIds: ['one'] },
      code: 'BAD_USER_INPUT',
    },
    {
      what: 'an unknown scope',
      query: 'CREATE',
      variables: { name: 'CRM', scopes: ['all'] },
      code: 'INVALID_CLIENT',
    },
  ])('refuses $what', async ({ query, variables, code }) => {
    const text = query === 'CREATE' ? CREATE : ADD_KEY;
    expect(await refusal(text, { input: variables })).toMatchObject({ code });
  });

  it('refuses an unknown key, be it a UUID or not', async () => {
    for (const id of ['x', '00000000-0000-4000-8000-000000000000']) {
      expect(await refusal(REMOVE_KEY, { id })).toMatchObject({ code: 'KEY_NOT_FOUND' });
    }
  });

  it('makes the next signing key, and tokens of the one before stay good', async () => {
    const { kid } = await api.ask<{ kid: string }>('mutation { rotateSigningKey { kid } }');
    const answer = await api.fetch('/.well-known/jwks.json');
    const { keys } = (await answer.json()) as { keys: { kid: string }[] };
    expect(keys).toHaveLength(2);
    expect(keys.map((key) => key.kid)).toContain(kid);
    await api.ask('{ viewer { id } }');
  });

  it('revokes a signing key, and with it all tokens that it signed, known or not', async () => {
    const REVOKE = 'mutation ($kid: String!) { revokeSigningKey(kid: $kid) { kid } }';
    const answer = await api.fetch('/.well-known/jwks.json');
    const { keys } = (await answer.json()) as { keys: { kid: string }[] };
    expect(await refusal(REVOKE, { kid: 'unknown' })).toMatchObject({ code: 'KEY_NOT_FOUND' });
    // The caller's own token is of the oldest.
    const kid = keys.at(-1)?.kid;
    expect(await api.ask(REVOKE, { kid })).toEqual({ kid });
    expect(await refusal('{ viewer { id } }', {})).toMatchObject({ code: 'INVALID_TOKEN' });
  });
});

const KEY =
  'id kid description algorithm source fingerprint notBefore notAfter enabled createdAt lastUsedAt';
const FIELDS = `id name scopes applicationIds enabled requireJti maxAssertionSeconds lastLoginAt keys { ${KEY} }`;
const CREATE = `mutation ($input: CreateClientInput!) { createClient(input: $input) { ${FIELDS} } }`;
const UPDATE = `mutation ($input: UpdateClientInput!) { updateClient(id: "crm", input: $input) { ${FIELDS} } }`;
const REMOVE = `mutation { removeClient(id: "crm") { ${FIELDS} } }`;
const CLIENT = `query ($id: ID!) { client(id: $id) { ${FIELDS} } }`;
const LIST = `query ($first: Int!, $after: String) {
  clients(first: $first, after: $after) { edges { node { id } } pageInfo { hasNextPage endCursor } }
}`;
const ADD_KEY = `mutation ($input: AddKeyInput!) { addKey(input: $input) { ${KEY} } }`;
const SET_ENABLED = `mutation ($id: ID!) { setKeyEnabled(id: $id, enabled: false) { ${KEY} } }`;
const REMOVE_KEY = `mutation ($id: ID!) { removeKey(id: $id) { ${KEY} } }`;
const USER_KEYS = `{ application(id: "1") { userKeys { ${KEY} } } }`;
