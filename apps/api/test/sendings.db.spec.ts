import type { Permission } from '@app/core';
import { ApiClient } from './api-client';
import { clientWith } from './client-with';

let api: ApiClient;
const devices: string[] = [];
beforeAll(async () => {
  api = await ApiClient.start();
  await api.ask(CREATE_APPLICATION, { input: { id: '1', name: 'Mobile bank' } });
  for (const [platform, userId] of [
    ['IOS', 'ann'],
    ['ANDROID', 'ann'],
    ['ANDROID', 'ben'],
  ] as const) {
    const token = `${devices.length}`.padStart(4, '0');
    const input = { applicationId: '1', platform, token, userId };
    devices.push((await api.ask<Thing>(REGISTER, { input })).id);
  }
});
afterAll(() => api.close());

interface Thing {
  readonly id: string;
}
const message = { title: 'Hello', extras: { screen: 'home' } };
const to = (userId: string, changes: object = {}) => ({
  applicationId: '1',
  userId,
  message,
  ...changes,
});
const createCampaign = async () => {
  const input = { applicationId: '1', name: 'Spring', message };
  return (await api.ask<Thing>(CREATE_CAMPAIGN, { input })).id;
};
const count = async (table: 'notifications' | 'campaigns' | 'deliveries') =>
  (await api.sql(`SELECT FROM ${table}`)).length;

describe('notifications in a batch', () => {
  it('are sent in the order of the list', async () => {
    const inputs = [to('ben'), to('ann'), to('nobody')];
    expect(await api.ask(SEND_ALL, { inputs })).toEqual([
      { userId: 'ben', counts: { total: 1 } },
      { userId: 'ann', counts: { total: 2 } },
      { userId: 'nobody', counts: { total: 0 } },
    ]);
  });

  it.each<{ what: string; wrong: object; code: string; field: string }>([
    {
      what: 'a badge',
      wrong: to('ann', { message: { badge: -1 } }),
      code: 'INVALID_MESSAGE',
      field: 'inputs.1.message.badge',
    },
    { what: 'a user', wrong: to(''), code: 'INVALID_DEVICE', field: 'inputs.1.userId' },
    {
      what: 'an e-mail that nobody has',
      wrong: { applicationId: '1', email: 'x@example.com', message },
      code: 'PROFILE_NOT_FOUND',
      field: 'inputs.1.email',
    },
    {
      what: 'an application',
      wrong: to('ann', { applicationId: 'one' }),
      code: 'BAD_USER_INPUT',
      field: 'inputs.1.applicationId',
    },
    {
      what: 'extras',
      wrong: to('ann', { message: { extras: [] } }),
      code: 'BAD_USER_INPUT',
      field: 'inputs.1.message.extras',
    },
  ])('are not sent at all when $what is wrong, which is named', async ({ wrong, code, field }) => {
    const before = await count('notifications');
    const { errors } = await api.post(SEND_ALL, { inputs: [to('ann'), wrong, to('ben')] });
    expect(errors?.[0]?.extensions).toEqual({ code, field });
    expect(await count('notifications')).toBe(before);
  });

  it.each([0, 1_001])('are not %d', async (length) => {
    const inputs = Array.from({ length }, () => to('nobody'));
    const { errors } = await api.post(SEND_ALL, { inputs });
    expect(errors?.[0]?.extensions).toEqual({ code: 'INVALID_BATCH', field: 'inputs' });
  });
});

describe('a campaign', () => {
  it('is changed while it is a draft', async () => {
    const id = await createCampaign();
    expect(await api.ask(UPDATE, { id, input: { name: 'Summer' } })).toEqual({
      name: 'Summer',
      message: { title: 'Hello', extras: { screen: 'home' }, silent: false, personal: false },
    });
    const changed = { title: 'Sun', silent: true, personal: true };
    expect(await api.ask(UPDATE, { id, input: { message: changed } })).toEqual({
      name: 'Summer',
      message: { ...changed, extras: null },
    });
    for (const [input, field] of [
      [{ name: ' ' }, 'input.name'],
      [{ message: { badge: -1 } }, 'input.message.badge'],
    ] as const) {
      const { errors } = await api.post(UPDATE, { id, input });
      expect(errors?.[0]?.extensions.field).toBe(field);
    }
    await api.ask(LAUNCH, { id });
    const { errors } = await api.post(UPDATE, { id, input: { name: 'Autumn' } });
    expect(errors?.[0]?.extensions.code).toBe('WRONG_STATE');
    expect(await api.ask('query ($id: ID!) { campaign(id: $id) { name } }', { id })).toEqual({
      name: 'Summer',
    });
  });

  it('is deleted once, and comes back as it was', async () => {
    const id = await createCampaign();
    await api.ask(ADD_USERS, { id, userIds: ['ann'] });
    expect(await api.ask(DELETE, { id })).toEqual({ id, name: 'Spring', state: 'DRAFT' });
    const { errors } = await api.post(DELETE, { id });
    expect(errors?.[0]?.extensions.code).toBe('CAMPAIGN_NOT_FOUND');
  });

  it('is tried with one user', async () => {
    const id = await createCampaign();
    expect(await api.ask(TEST, { id, userId: 'ann' })).toEqual({
      userId: 'ann',
      user: { id: 'ann' },
      counts: { total: 2 },
      message: { title: 'Hello' },
    });
  });

  it('shows its audience in pages, whoever is known', async () => {
    const id = await createCampaign();
    await api.ask(ADD_USERS, { id, userIds: ['ann', 'ben', 'stranger'] });
    const first = await api.ask<Audience>(AUDIENCE, { id });
    expect(first.audience.totalCount).toBe(3);
    expect(first.audience.edges.map(({ node }) => node)).toEqual([
      { userId: 'ann', user: { id: 'ann' } },
      { userId: 'ben', user: { id: 'ben' } },
    ]);
    const after = first.audience.edges[1]?.cursor;
    const second = await api.ask<Audience>(AUDIENCE, { id, after });
    expect(second.audience.edges.map(({ node }) => node)).toEqual([
      { userId: 'stranger', user: null },
    ]);
  });
});

interface Audience {
  readonly audience: {
    readonly totalCount: number;
    readonly edges: { readonly cursor: string; readonly node: object }[];
  };
}

describe('deliveries', () => {
  /** Of 2500 deliveries to FCM in three chunks, three failed: one in the first, two in the last. */
  const planned = async () => {
    const id = await createCampaign();
    const [{ messageId } = { messageId: '' }] = await api.sql<{ messageId: string }>(
      'SELECT message_id AS "messageId" FROM campaigns WHERE id = $1',
      [id],
    );
    await api.sql(
      `INSERT INTO deliveries (message_id, gateway, seq, device_id, state, reason)
       SELECT $1, 'fcm', n, 1000000 + n, CASE WHEN n IN (7, 2001, 2002) THEN 'failed' ELSE 'accepted' END::delivery_state,
         CASE WHEN n IN (7, 2001) THEN 'UNREGISTERED' WHEN n = 2002 THEN 'INTERNAL' END
       FROM generate_series(0, 2499) AS n`,
      [messageId],
    );
    await api.sql(
      `INSERT INTO deliveries (message_id, gateway, seq, device_id) VALUES ($1, 'apns', 0, $2)`,
      [messageId, devices[0]],
    );
    await api.sql(
      `INSERT INTO chunks (message_id, gateway, number, application_id, priority, first_seq, size, accepted, failed, state)
       SELECT message_id, gateway, seq / 1000, application_id, priority, min(seq), count(*),
         count(*) FILTER (WHERE deliveries.state = 'accepted'), count(*) FILTER (WHERE deliveries.state = 'failed'), 'finished'
       FROM deliveries JOIN messages ON id = message_id WHERE message_id = $1 GROUP BY 1, 2, 3, 4, 5`,
      [messageId],
    );
    return id;
  };
  let id: string;
  beforeAll(async () => {
    id = await planned();
  });

  it.each<{ filter: object; total: number; reasons?: (string | null)[] }>([
    { filter: {}, total: 2_501 },
    { filter: { gateway: 'APNS' }, total: 1, reasons: [null] },
    { filter: { state: 'PENDING' }, total: 1, reasons: [null] },
    { filter: { state: 'SKIPPED' }, total: 0, reasons: [] },
    { filter: { state: 'ACCEPTED' }, total: 2_497 },
    {
      filter: { state: 'FAILED' },
      total: 3,
      reasons: ['UNREGISTERED', 'UNREGISTERED', 'INTERNAL'],
    },
    { filter: { state: 'FAILED', gateway: 'APNS' }, total: 0, reasons: [] },
    { filter: { reason: 'INTERNAL' }, total: 1, reasons: ['INTERNAL'] },
    { filter: { reason: 'INTERNAL', state: 'ACCEPTED' }, total: 0, reasons: [] },
  ])('by $filter are $total', async ({ filter, total, reasons }) => {
    const all: (string | null)[] = [];
    for (let after: string | null | undefined; after !== null;) {
      const page: Deliveries = await api.ask(DELIVERIES, {
        filter: { campaignId: id, ...filter },
        first: total > 100 ? 400 : 2,
        after,
      });
      expect(page.totalCount).toBe(total);
      all.push(...page.edges.map(({ node }) => node.reason));
      after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null;
    }
    expect(all).toHaveLength(total);
    if (reasons !== undefined) expect(all).toEqual(reasons);
  });

  it('to a device name no campaign to who may not read campaigns', async () => {
    const seenWith = async (...scopes: Permission[]) => {
      const { deliveries } = await (
        await clientWith(api, { scopes: ['devices:read', ...scopes] })
      ).ask<{ deliveries: { edges: { node: { sending: { __typename: string } | null } }[] } }>(
        `query ($id: ID!) {
           device(id: $id) { deliveries { edges { node { sending { __typename } } } } } }`,
        { id: devices[0] },
      );
      return deliveries.edges.map(({ node }) => node.sending?.__typename ?? null);
    };
    const all = await seenWith('campaigns:read');
    expect(new Set(all)).toEqual(new Set(['Campaign', 'Notification']));
    expect(await seenWith('messages:send')).toEqual(
      all.map((one) => (one === 'Campaign' ? null : one)),
    );
  });

  it('to a device come newest first, and name what they belong to', async () => {
    const [deviceId] = devices;
    const device = await api.ask<{ deliveries: Deliveries }>(
      `query ($id: ID!) { device(id: $id) { users { id } deliveries {
         totalCount edges { node { sending { __typename } } } } } }`,
      { id: deviceId },
    );
    const { deliveries } = device;
    expect(device).toMatchObject({ users: [{ id: 'ann' }] });
    expect(deliveries.totalCount).toBe(deliveries.edges.length);
    expect(deliveries.edges[0]?.node).toEqual({ sending: { __typename: 'Campaign' } });
    expect(deliveries.edges.at(-1)?.node).toEqual({ sending: { __typename: 'Notification' } });
    const page = (after?: string | null) =>
      api.ask<Deliveries>(DELIVERIES, { filter: { deviceId }, first: 1, after });
    const first = await page();
    expect(first.totalCount).toBe(deliveries.totalCount);
    expect((await page(first.pageInfo.endCursor)).edges).not.toEqual(first.edges);
  });

  it.each([{}, { campaignId: '1', deviceId: '1' }])('of %j are none', async (filter) => {
    const { errors } = await api.post(DELIVERIES, { filter });
    expect(errors?.[0]?.extensions).toEqual({ code: 'BAD_USER_INPUT', field: 'filter' });
  });
});

interface Deliveries {
  readonly totalCount: number;
  readonly edges: { readonly node: { readonly reason: string | null } }[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

const CREATE_APPLICATION =
  'mutation ($input: CreateApplicationInput!) { createApplication(input: $input) { id } }';
const REGISTER = 'mutation ($input: RegisterDeviceInput!) { registerDevice(input: $input) { id } }';
const SEND_ALL = `mutation ($inputs: [SendNotificationInput!]!) {
  sendNotifications(inputs: $inputs) { userId counts { total } }
}`;
const CREATE_CAMPAIGN =
  'mutation ($input: CreateCampaignInput!) { createCampaign(input: $input) { id } }';
const ADD_USERS =
  'mutation ($id: ID!, $userIds: [String!]!) { addCampaignUsers(id: $id, userIds: $userIds) { added } }';
const LAUNCH = 'mutation ($id: ID!) { launchCampaign(id: $id) { id } }';
const UPDATE = `mutation ($id: ID!, $input: UpdateCampaignInput!) {
  updateCampaign(id: $id, input: $input) { name message { title extras silent personal } }
}`;
const DELETE = 'mutation ($id: ID!) { deleteCampaign(id: $id) { id name state } }';
const TEST = `mutation ($id: ID!, $userId: String!) {
  sendTestCampaign(id: $id, userId: $userId) { userId user { id } counts { total } message { title } }
}`;
const AUDIENCE = `query ($id: ID!, $after: String) { campaign(id: $id) {
  audience(first: 2, after: $after) { totalCount edges { cursor node { userId user { id } } } }
} }`;
const DELIVERIES = `query ($filter: DeliveryFilterInput!, $first: Int! = 50, $after: String) {
  deliveries(filter: $filter, first: $first, after: $after) {
    totalCount edges { node { id reason } } pageInfo { hasNextPage endCursor }
  }
}`;
