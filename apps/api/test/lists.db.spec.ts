import { ApiClient } from './api-client';
import { clientWith } from './client-with';

let api: ApiClient;
let limited: ApiClient;
const campaigns: string[] = [];
const devices: string[] = [];

interface Page {
  readonly totalCount: number;
  readonly edges: { readonly node: Record<string, string> }[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

beforeAll(async () => {
  api = await ApiClient.start();
  for (const id of ['1', '2']) {
    await api.ask(
      'mutation ($input: CreateApplicationInput!) { createApplication(input: $input) { id } }',
      {
        input: { id, name: `Bank ${id}` },
      },
    );
  }
  for (const [applicationId, platform, userId] of [
    ['1', 'ANDROID', 'ann'],
    ['2', 'ANDROID', 'ann'],
    ['1', 'IOS', 'ben'],
    ['1', 'ANDROID', 'cyd'],
    ['2', 'IOS', 'dan'],
  ] as const) {
    const token = `${devices.length}`.padStart(4, '0');
    const input = { applicationId, platform, token, userId };
    devices.push(await idOf(REGISTER, { input }));
  }
  await api.sql(
    `UPDATE devices SET retired_at = now(), retired_reason = 'BadDeviceToken' WHERE id = $1`,
    [devices[3]],
  );
  await api.ask(PROFILE, {
    applicationId: '1',
    userId: 'eve',
    attributes: { email: 'eve@example.com' },
  });
  await api.ask(PROFILE, {
    applicationId: '2',
    userId: 'ann',
    attributes: { email: 'ann@example.com' },
  });
  await api.sql(`INSERT INTO users VALUES ('nowhere')`);
  for (const applicationId of ['1', '2', '1', '1']) {
    const input = {
      applicationId,
      name: `Campaign ${campaigns.length}`,
      message: { title: 'Hello' },
    };
    campaigns.push(await idOf(CREATE_CAMPAIGN, { input }));
  }
  await api.ask('mutation ($id: ID!) { launchCampaign(id: $id) { id } }', { id: campaigns[2] });
  const inputs = [
    ['1', 'ann'],
    ['2', 'ann'],
    ['1', 'ben'],
    ['1', 'ann'],
  ].map(([applicationId, userId], n) => ({ applicationId, userId, message: { title: `${n}` } }));
  await api.ask(
    'mutation ($inputs: [SendNotificationInput!]!) { sendNotifications(inputs: $inputs) { id } }',
    {
      inputs,
    },
  );
  // One transaction has one time; the list is to be told apart.
  await api.sql(`UPDATE notifications SET created_at = messages.created_at + (content ->> 'title')::int * interval '1 microsecond'
    FROM messages WHERE messages.id = message_id`);
  const scopes = ['applications:read', 'devices:read', 'campaigns:read'] as const;
  limited = await clientWith(api, { scopes, applicationIds: ['2'] });
});
afterAll(() => api.close());

const idOf = async (query: string, variables: object) =>
  (await api.ask<{ id: string }>(query, variables)).id;

type Query = readonly [list: string, args: string, show?: string];

async function page([list, args, show = 'id']: Query, caller = api): Promise<Page> {
  const selection = `totalCount edges { node { ${show} } } pageInfo { hasNextPage endCursor }`;
  return caller.ask<Page>(`{ ${list}${args === '' ? '' : `(${args})`} { ${selection} } }`);
}

const shown = ({ edges }: Page, show = 'id') => edges.map(({ node }) => node[show]);
const at = (all: readonly string[], places: readonly number[]) => places.map((place) => all[place]);

describe('devices', () => {
  it.each<{ args: string; places: number[] }>([
    { args: '', places: [0, 1, 2, 3, 4] },
    { args: 'orderBy: NEWEST_FIRST', places: [4, 3, 2, 1, 0] },
    { args: 'filter: { applicationId: 1 }', places: [0, 2, 3] },
    { args: 'filter: { applicationId: 1 }, orderBy: NEWEST_FIRST', places: [3, 2, 0] },
    { args: 'filter: { platform: ANDROID }', places: [0, 1, 3] },
    { args: 'filter: { retired: true }', places: [3] },
    { args: 'filter: { retired: false }', places: [0, 1, 2, 4] },
    { args: 'filter: { applicationId: 1, platform: ANDROID, retired: false }', places: [0] },
    { args: 'filter: { userId: "ann" }', places: [0, 1] },
    { args: 'filter: { userId: "ann", applicationId: 2 }', places: [1] },
    { args: 'filter: { userId: "nobody" }', places: [] },
  ])('($args) are $places', async ({ args, places }) => {
    const found = await page(['devices', args]);
    expect(shown(found)).toEqual(at(devices, places));
    expect(found.totalCount).toBe(places.length);
  });

  it('out of reach are left out', async () => {
    expect(shown(await page(['devices', ''], limited))).toEqual(at(devices, [1, 4]));
    const ann = await page(['devices', 'filter: { userId: "ann" }'], limited);
    expect(shown(ann)).toEqual(at(devices, [1]));
    const { errors } = await limited.post(
      '{ devices(filter: { applicationId: 1 }) { totalCount } }',
    );
    expect(errors?.[0]?.extensions.code).toBe('APPLICATION_NOT_FOUND');
  });
});

describe('users', () => {
  it.each<{ args: string; ids: string[] }>([
    { args: '', ids: ['ann', 'ben', 'cyd', 'dan', 'eve', 'nowhere'] },
    { args: 'filter: { applicationId: 1 }', ids: ['ann', 'ben', 'cyd', 'eve'] },
    { args: 'filter: { applicationId: 2 }', ids: ['ann', 'dan'] },
    { args: 'filter: { email: "EVE@example.com" }', ids: ['eve'] },
    { args: 'filter: { email: "eve@example.com", applicationId: 2 }', ids: [] },
    { args: 'filter: { userId: "ben" }', ids: ['ben'] },
    { args: 'filter: { userId: "ben", applicationId: 2 }', ids: [] },
    { args: 'filter: { userId: "eve", email: "eve@example.com" }', ids: ['eve'] },
    { args: 'filter: { userId: "ann", email: "eve@example.com" }', ids: [] },
  ])('($args) are $ids', async ({ args, ids }) => {
    const found = await page(['users', args]);
    expect(shown(found)).toEqual(ids);
    expect(found.totalCount).toBe(ids.length);
  });

  it('out of reach are left out, and not found', async () => {
    const found = await page(['users', ''], limited);
    expect(shown(found)).toEqual(['ann', 'dan']);
    expect(found.totalCount).toBe(2);
    const get = (userId: string) => limited.post(`{ user(userId: "${userId}") { id } }`);
    expect((await get('ben')).errors?.[0]?.extensions.code).toBe('USER_NOT_FOUND');
    expect((await get('dan')).data).toEqual({ user: { id: 'dan' } });
  });

  it('are known, to who reaches some applications, since these know them', async () => {
    const since = async (caller: ApiClient) => {
      const asked = caller.ask<{ createdAt: string }>('{ user(userId: "ann") { createdAt } }');
      const { edges } = await caller.ask<{ edges: { node: { createdAt: string } }[] }>(
        '{ users(filter: { email: "ann@example.com" }) { edges { node { createdAt } } } }',
      );
      const times = [...edges.map(({ node }) => node.createdAt), (await asked).createdAt];
      return [...new Set(times)];
    };
    const [device] = await api.sql<{ at: Date }>(
      'SELECT created_at AS at FROM activations WHERE device_id = $1',
      [devices[1]],
    );
    const [known] = await since(api);
    expect(Date.parse(known ?? '')).toBeLessThan(device?.at.getTime() ?? 0);
    expect(await since(limited)).toEqual([device?.at.toISOString()]);
  });

  it('show what is within reach', async () => {
    const ann = `{ user(userId: "ann") {
      profiles { applicationId } devices { edges { node { id } } }
      notifications { totalCount edges { node { message { title } } } } } }`;
    expect(await limited.ask(ann)).toEqual({
      profiles: [{ applicationId: '2' }],
      devices: { edges: [{ node: { id: devices[1] } }] },
      notifications: { totalCount: 1, edges: [{ node: { message: { title: '1' } } }] },
    });
  });
});

describe('campaigns', () => {
  it.each<{ args: string; places: number[] }>([
    { args: '', places: [3, 2, 1, 0] },
    { args: 'orderBy: OLDEST_FIRST', places: [0, 1, 2, 3] },
    { args: 'filter: { applicationId: 1 }', places: [3, 2, 0] },
    { args: 'filter: { states: [PLANNING] }', places: [2] },
    { args: 'filter: { states: [DRAFT, PLANNING, DRAFT], applicationId: 1 }', places: [3, 2, 0] },
    { args: 'filter: { states: [] }', places: [] },
  ])('($args) are $places', async ({ args, places }) => {
    const found = await page(['campaigns', args]);
    expect(shown(found)).toEqual(at(campaigns, places));
    expect(found.totalCount).toBe(places.length);
  });

  it('out of reach are left out', async () => {
    const found = await page(['campaigns', ''], limited);
    expect(shown(found)).toEqual([campaigns[1]]);
    expect(found.totalCount).toBe(1);
  });
});

describe('notifications', () => {
  const titles = async (args: string, caller = api) => {
    const found = await page(['notifications', args, 'message { title }'], caller);
    const nodes = found.edges.map(
      ({ node }) => (node.message as unknown as { title: string }).title,
    );
    expect(found.totalCount).toBe(nodes.length);
    return nodes;
  };

  it.each<{ args: string; sent: string[] }>([
    { args: '', sent: ['3', '2', '1', '0'] },
    { args: 'filter: { applicationId: 1 }', sent: ['3', '2', '0'] },
    { args: 'filter: { userId: "ann" }', sent: ['3', '1', '0'] },
    { args: 'filter: { userId: "ann", applicationId: 1 }', sent: ['3', '0'] },
  ])('($args) are $sent', async ({ args, sent }) => {
    expect(await titles(args)).toEqual(sent);
  });

  it('out of reach are left out', async () => {
    expect(await titles('', limited)).toEqual(['1']);
  });
});

describe('lanes and applications', () => {
  it('out of reach are left out', async () => {
    await api.sql(`INSERT INTO lanes (application_id, gateway) VALUES (1, 'apns'), (2, 'fcm')`);
    const lanes = '{ lanes { gateway application { id } } }';
    expect(await api.ask(lanes)).toHaveLength(2);
    expect(await limited.ask(lanes)).toEqual([{ gateway: 'FCM', application: { id: '2' } }]);
    expect(shown(await page(['applications', '']))).toEqual(['1', '2']);
    expect(await page(['applications', ''], limited)).toMatchObject({
      totalCount: 1,
      edges: [{ node: { id: '2' } }],
    });
  });
});

describe('a list in pages of two has each once, in order', () => {
  it.each<[list: string, args: string]>([
    ['applications', ''],
    ['devices', ''],
    ['devices', 'orderBy: NEWEST_FIRST'],
    ['devices', 'filter: { applicationId: 1 }'],
    ['devices', 'filter: { applicationId: 1 }, orderBy: NEWEST_FIRST'],
    ['devices', 'filter: { userId: "ann" }'],
    ['users', ''],
    ['users', 'filter: { applicationId: 1 }'],
    ['campaigns', ''],
    ['campaigns', 'orderBy: OLDEST_FIRST'],
    ['campaigns', 'filter: { applicationId: 1, states: [DRAFT, PLANNING] }'],
    ['notifications', ''],
    ['notifications', 'filter: { applicationId: 1 }'],
    ['notifications', 'filter: { userId: "ann" }'],
  ])('%s(%s)', async (list, args) => {
    const all = shown(await page([list, args]));
    const seen: unknown[] = [];
    for (let after: string | null | undefined; after !== null;) {
      const place = after === undefined ? '' : `, after: "${after}"`;
      const { edges, pageInfo } = await page([list, `${args}${args && ', '}first: 2${place}`]);
      seen.push(...edges.map(({ node }) => node.id));
      after = pageInfo.hasNextPage ? pageInfo.endCursor : null;
    }
    expect(seen).toEqual(all);
  });

  it.each(['devices', 'users', 'campaigns', 'notifications', 'applications'])(
    '%s know a cursor of another list',
    async (list) => {
      const { errors } = await api.post(`{ ${list}(after: "bm9uc2Vuc2U") { totalCount } }`);
      expect(errors?.[0]?.extensions).toEqual({ code: 'BAD_USER_INPUT', field: 'after' });
    },
  );
});

const REGISTER = 'mutation ($input: RegisterDeviceInput!) { registerDevice(input: $input) { id } }';
const PROFILE = `mutation ($applicationId: ID!, $userId: String!, $attributes: JSON!) {
  updateProfile(applicationId: $applicationId, userId: $userId, attributes: $attributes) { userId }
}`;
const CREATE_CAMPAIGN =
  'mutation ($input: CreateCampaignInput!) { createCampaign(input: $input) { id } }';
