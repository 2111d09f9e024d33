import { Clock, permissions } from '@app/core';
import { SigningKeys } from '@app/keys';
import { letPass } from '@app/testing/time';
import { Callers } from './callers';
import { type ServerInside, startInside } from './server-inside';
import { SubscriptionClient } from './subscription-client';
import { populate, type Tenancy } from './two-applications';

const WATCH = 'subscription ($id: ID!) { campaignProgress(id: $id) { state campaign { name } } }';
const LANES = 'subscription ($id: ID!) { campaignProgress(id: $id) { lanes { gateway } } }';

let server: ServerInside;
let callers: Callers;
let aleph: Tenancy;
let beth: Tenancy;

beforeAll(async () => {
  server = await startInside();
  aleph = await populate(server.api, '1', 'aleph');
  beth = await populate(server.api, '2', 'beth');
  callers = await Callers.create(server.api, server.app);
});
afterAll(() => server.api.close());

/** A socket with these members of connection_init. */
const open = async (token: string, others: Readonly<Record<string, string>> = {}) => {
  const client = await SubscriptionClient.open(server.api.url);
  client.say({
    type: 'connection_init',
    payload: { authorization: `Bearer ${token}`, ...others },
  });
  return client;
};
/** What a caller sees of a campaign first, or the code of the refusal. */
const firstOf = async (client: SubscriptionClient, query: string, id: string) => {
  await client.next('connection_ack');
  client.subscribe('1', query, { id });
  const { data, errors } = (await client.next('next', '1')) as {
    readonly data?: { readonly campaignProgress: unknown };
    readonly errors?: readonly { readonly extensions: { readonly code: string } }[];
  };
  await client.close();
  return errors?.[0]?.extensions.code ?? data?.campaignProgress;
};

describe('a campaign is watched', () => {
  it('by who may read campaigns', async () => {
    const client = await open(await callers.accessToken(['campaigns:read']));
    expect(await firstOf(client, WATCH, aleph.running)).toEqual({
      state: 'RUNNING',
      campaign: { name: 'aleph campaign' },
    });
  });

  it('with an API key', async () => {
    const client = await open(callers.apiKeys.everywhere);
    expect(await firstOf(client, WATCH, aleph.running)).toMatchObject({ state: 'RUNNING' });
  });

  it('with its lanes by who may read applications too', async () => {
    const both = await open(await callers.accessToken(['campaigns:read', 'applications:read']));
    expect(await firstOf(both, LANES, aleph.running)).toEqual({ lanes: [{ gateway: 'FCM' }] });
    const one = await open(await callers.accessToken(['campaigns:read']));
    expect(await firstOf(one, LANES, aleph.running)).toBe('FORBIDDEN');
  });

  it('by nobody else', async () => {
    const others = permissions.filter((permission) => permission !== 'campaigns:read');
    const client = await open(await callers.accessToken(others));
    expect(await firstOf(client, WATCH, aleph.running)).toBe('FORBIDDEN');
  });

  it('by a client of its own application only', async () => {
    const token = await callers.accessToken(permissions, 'beth-only');
    expect(await firstOf(await open(token), WATCH, aleph.running)).toBe('CAMPAIGN_NOT_FOUND');
    expect(await firstOf(await open(token), WATCH, beth.running)).toMatchObject({
      campaign: { name: 'beth campaign' },
    });
  });

  it('by no user', async () => {
    const { userId, applicationId } = aleph;
    const token = callers.userToken(userId);
    const client = await open(token, { 'Carillon-Application': applicationId });
    expect(await firstOf(client, WATCH, aleph.running)).toBe('FORBIDDEN');
  });
});

describe('a socket is refused to those who show', () => {
  it.each([
    { what: 'a user’s token without an application', show: () => open(callers.userToken('alice')) },
    {
      what: 'a user’s token in another application',
      show: () => open(callers.userToken(aleph.userId), { 'carillon-application': '9' }),
    },
    {
      what: 'an access token where a user’s belongs',
      show: async () =>
        open(await callers.accessToken(permissions), {
          'carillon-application': aleph.applicationId,
        }),
    },
    { what: 'an API key that was revoked', show: () => open(callers.apiKeys.revoked) },
    {
      what: 'an API key where a user’s token belongs',
      show: () => open(callers.apiKeys.everywhere, { 'carillon-application': aleph.applicationId }),
    },
    {
      what: 'the token of a push session',
      show: async () => open(await callers.pushSessionToken(aleph)),
    },
  ])('$what', async ({ show }) => {
    const client = await show();
    expect(await client.closed).toEqual({ code: 4403, reason: 'Forbidden' });
  });
});

describe('a socket is closed', () => {
  const running = async (token: string) => {
    const client = await open(token);
    await client.next('connection_ack');
    client.subscribe('1', WATCH, { id: aleph.running });
    await client.next('next', '1');
    return client;
  };

  it('when its token ends, of which requests are forgiven a few seconds', async () => {
    const token = await callers.accessToken(['campaigns:read']);
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as {
      exp: number;
    };
    const exp = Math.floor(Date.now() / 1000) + 2;
    const keys = server.app.get(SigningKeys, { strict: false });
    const client = await running(await keys.sign('at+jwt', { ...claims, exp }));
    expect((await client.closed).code).toBe(4403);
    expect(Date.now() / 1000).toBeGreaterThanOrEqual(exp);
  });

  it.each([
    ['is revoked', 'UPDATE api_keys SET revoked_at = now() WHERE name = $1'],
    ['ends', "UPDATE api_keys SET expires_at = now() + interval '1 second' WHERE name = $1"],
    ['may do less', "UPDATE api_keys SET scopes = '{campaigns:read}' WHERE name = $1"],
  ])('when its API key %s', async (_, change) => {
    const client = await running(callers.apiKeys.everywhere);
    await server.api.sql(change, ['everywhere']);
    expect((await client.closed).code).toBe(4403);
    await server.api.sql(
      'UPDATE api_keys SET revoked_at = NULL, expires_at = NULL, scopes = $2 WHERE name = $1',
      ['everywhere', permissions],
    );
    letPass(5_000, server.app.get<Clock>(Clock, { strict: false }));
  });

  it('when its client is disabled', async () => {
    const client = await running(await callers.accessToken(['campaigns:read'], 'everywhere'));
    await server.api.ask(
      'mutation { updateClient(id: "everywhere", input: { enabled: false }) { id } }',
    );
    expect((await client.closed).code).toBe(4403);
  });
});
