import { TokenSigner } from '@app/testing/token-signer';
import { ApiClient } from './api-client';

const signer = TokenSigner.create();
let api: ApiClient;
beforeAll(async () => {
  api = await ApiClient.start();
  for (const id of ['1', '2']) {
    await api.ask(CREATE_APPLICATION, { input: { id, name: `Bank ${id}` } });
    const key = { applicationId: id, publicKey: signer.publicKey, kid: `key-${id}` };
    await api.ask(ADD_KEY, { input: key });
  }
});
afterAll(() => api.close());
beforeEach(() => api.sql('TRUNCATE users, devices, messages, deliveries CASCADE'));

const tokenOf = (sub: string, key = signer, claims: object = {}) => {
  const iat = Math.floor(Date.now() / 1000);
  return key.sign({ sub, iat, exp: iat + 600, ...claims });
};
const user = (userId: string, applicationId = '1', claims: object = {}) =>
  api.as(tokenOf(userId, signer, claims), { 'carillon-application': applicationId });
const known = async () =>
  (await api.sql<{ id: string }>('SELECT id FROM users ORDER BY 1')).map(({ id }) => id);

let tokens = 0;
const register = async (caller: ApiClient, token = `token-${++tokens}`) => {
  const device = { platform: 'ANDROID', token };
  return (await caller.ask<{ id: string }>(REGISTER, { input: device })).id;
};
const devicesOf = async (caller: ApiClient) => {
  const { devices } = await caller.ask<{ devices: Listed<{ id: string }> }>(DEVICES);
  expect(devices.totalCount).toBe(devices.edges.length);
  return devices.edges.map(({ node }) => node.id);
};
const send = (applicationId: string, userId: string, title: string) =>
  api.ask(SEND, { input: { applicationId, userId, message: { title } } });

interface Listed<Node> {
  readonly totalCount: number;
  readonly edges: { readonly node: Node; readonly cursor: string }[];
}
interface Received {
  readonly message: { readonly title: string };
  readonly deliveries: { readonly deviceId: string; readonly state: string }[];
}
const received = async (caller: ApiClient, first = 50, after?: string) => {
  const { notifications } = await caller.ask<{ notifications: Listed<Received> }>(NOTIFICATIONS, {
    first,
    after,
  });
  return notifications;
};

describe('me', () => {
  it('makes the user known at the first use that is valid, with an empty profile', async () => {
    const forged = api.as(tokenOf('ann', TokenSigner.create()), { 'carillon-application': '1' });
    expect((await forged.post(ME)).errors?.[0]?.extensions.code).toBe('INVALID_TOKEN');
    expect(await known()).toEqual([]);
    const me = {
      userId: 'ann',
      application: { id: '1', name: 'Bank 1' },
      profile: { userId: 'ann', email: null, attributes: {} },
    };
    const answers = await Promise.all([1, 2, 3].map(() => user('ann').ask(ME)));
    expect(answers).toEqual([me, me, me]);
    expect(await known()).toEqual(['ann']);
    expect(await api.sql('SELECT FROM profiles')).toHaveLength(1);
  });

  it('is for users alone', async () => {
    expect((await api.post(ME)).errors?.[0]?.extensions.code).toBe('FORBIDDEN');
    expect((await api.as(undefined).post(ME)).errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED');
  });

  it('shows the devices of the user in the application, and no others', async () => {
    const mine = [await register(user('ann')), await register(user('ann'))];
    const elsewhere = await register(user('ann', '2'));
    const others = await register(user('ben'));
    expect(await devicesOf(user('ann'))).toEqual(mine);
    expect(await devicesOf(user('ann', '2'))).toEqual([elsewhere]);
    expect(await devicesOf(user('ben'))).toEqual([others]);
    expect(await devicesOf(user('cyd'))).toEqual([]);
  });

  it('registers a device once, and takes it from the user alone', async () => {
    const id = await register(user('ann'), 'shared');
    expect(await register(user('ann'), 'shared')).toBe(id);
    expect(await register(user('ben'), 'shared')).toBe(id);
    for (const stranger of [user('cyd'), user('ann', '2')]) {
      expect(await stranger.ask(REMOVE, { id })).toBeNull();
    }
    expect(await user('ann').ask(REMOVE, { id })).toEqual({ id });
    expect(await user('ann').ask(REMOVE, { id })).toBeNull();
    expect(await devicesOf(user('ann'))).toEqual([]);
    expect(await devicesOf(user('ben'))).toEqual([id]);
    expect(await user('ben').ask(REMOVE, { id })).toEqual({ id });
    expect(await api.sql('SELECT FROM devices')).toEqual([]);
  });

  it.each(['x', '', '9'.repeat(30), '0'])('has no device %j to remove', async (id) => {
    expect(await user('ann').ask(REMOVE, { id })).toBeNull();
  });

  it('names what is wrong with a token', async () => {
    const { errors } = await user('ann').post(REGISTER, { input: { platform: 'IOS', token: '?' } });
    expect(errors?.[0]?.extensions).toEqual({ code: 'INVALID_DEVICE', field: 'input.token' });
  });

  it('shows what was sent to the user, newest first, and how it fares on his devices', async () => {
    const shared = await register(user('ann'), 'shared');
    await register(user('ben'), 'shared');
    const own = await register(user('ann'));
    for (const title of ['one', 'two', 'three']) await send('1', 'ann', title);
    await send('1', 'ben', 'for ben');
    await send('2', 'ann', 'elsewhere');

    const all = await received(user('ann'));
    expect(all.totalCount).toBe(3);
    expect(all.edges.map(({ node }) => node.message.title)).toEqual(['three', 'two', 'one']);
    expect(all.edges[0]?.node.deliveries).toEqual([
      { deviceId: shared, state: 'PENDING' },
      { deviceId: own, state: 'PENDING' },
    ]);
    const first = await received(user('ann'), 2);
    const second = await received(user('ann'), 2, first.edges[1]?.cursor);
    expect(second.edges.map(({ node }) => node.message.title)).toEqual(['one']);

    const ben = await received(user('ben'));
    expect(ben.edges.map(({ node }) => node)).toEqual([
      { message: { title: 'for ben' }, deliveries: [{ deviceId: shared, state: 'PENDING' }] },
    ]);
    expect((await received(user('ann', '2'))).totalCount).toBe(1);
    expect((await received(user('cyd'))).edges).toEqual([]);
  });

  it('changes the profile of the user in the application', async () => {
    const claims = { email: 'ann@example.com', email_verified: true };
    const change = (attributes: object, caller = user('ann', '1', claims)) =>
      caller.ask('mutation ($a: JSON!) { updateMyProfile(attributes: $a) { email attributes } }', {
        a: attributes,
      });
    await change({ email: 'Ann@Example.com', language: 'cs' });
    expect(await change({ language: null })).toEqual({
      email: 'ann@example.com',
      attributes: { email: 'ann@example.com' },
    });
    const { profile } = await user('ann', '2').ask<{ profile: { email: null } }>(ME);
    expect(profile.email).toBeNull();
  });

  it.each([
    { claims: {} },
    { claims: { email: 'victim@example.com' } },
    { claims: { email: 'victim@example.com', email_verified: 'true' } },
    { claims: { email: 'ann@example.com', email_verified: true } },
  ])('links no e-mail for which the token does not vouch: $claims', async ({ claims }) => {
    const mutation =
      'mutation ($a: JSON!) { updateMyProfile(attributes: $a) { email attributes } }';
    const email = 'victim@example.com';
    expect(await user('cyd', '1', claims).ask(mutation, { a: { email } })).toEqual({
      email: null,
      attributes: { email },
    });
  });

  it.each([
    '{ users { totalCount } }',
    '{ devices { totalCount } }',
    '{ viewer { id } campaigns { totalCount } }',
  ])('does not let the user ask %s', async (query) => {
    const { errors } = await user('ann').post(query);
    expect(errors?.[0]?.extensions.code).toBe('FORBIDDEN');
  });
});

const CREATE_APPLICATION =
  'mutation ($input: CreateApplicationInput!) { createApplication(input: $input) { id } }';
const ADD_KEY = 'mutation ($input: AddKeyInput!) { addKey(input: $input) { id } }';
const SEND = 'mutation ($input: SendNotificationInput!) { sendNotification(input: $input) { id } }';
const ME = '{ me { userId application { id name } profile { userId email attributes } } }';
const REGISTER =
  'mutation ($input: RegisterMyDeviceInput!) { registerMyDevice(input: $input) { id } }';
const REMOVE = 'mutation ($id: ID!) { removeMyDevice(id: $id) { id } }';
const DEVICES = '{ me { devices { totalCount edges { node { id } } } } }';
const NOTIFICATIONS = `query ($first: Int!, $after: String) {
  me { notifications(first: $first, after: $after) {
    totalCount edges { cursor node { message { title } deliveries { deviceId state } } }
  } }
}`;
