import { generateKeyPairSync } from 'node:crypto';
import { ApiClient } from './api-client';

let api: ApiClient;
beforeAll(async () => {
  api = await ApiClient.start();
});
afterAll(() => api.close());

const pem = { type: 'pkcs8', format: 'pem' } as const;
const apnsKey = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export(pem);
const rsaKey = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export(pem);
const serviceAccount = JSON.stringify({ client_email: 'push@example.com', private_key: rsaKey });

interface Thing {
  readonly id: string;
}
const createApplication = async () => {
  const { id } = await api.ask<Thing>(CREATE_APPLICATION, { input: { name: 'Mobile bank' } });
  return id;
};
const createCampaign = async (applicationId: string, name = 'Spring') => {
  const input = { applicationId, name, message: { title: 'Hello' } };
  return (await api.ask<Thing>(CREATE_CAMPAIGN, { input })).id;
};
let tokens = 0;
const iosToken = () => (++tokens).toString(16).padStart(64, '0');

describe('applications', () => {
  it('are created with default limits and without credentials', async () => {
    expect(
      await api.ask(CREATE_APPLICATION, { input: { id: '41', name: ' Mobile bank ' } }),
    ).toEqual({
      id: '41',
      name: 'Mobile bank',
      limits: { apnsPerSecond: 0, fcmPerSecond: 9500 },
      apns: null,
      fcm: null,
    });
    expect(await api.ask(CREATE_APPLICATION, { input: { id: null, name: 'Next' } })).toMatchObject({
      id: '42',
    });
  });

  it('take credentials whose keys never come back, and lose them again', async () => {
    const id = await createApplication();
    const credential = {
      bundle: 'com.example.bank',
      keyId: 'KEYID12345',
      teamId: 'TEAMID1234',
      environment: 'PRODUCTION',
    };
    expect(
      await api.ask(CONFIGURE_APNS, { id, input: { ...credential, privateKey: apnsKey } }),
    ).toEqual({ apns: { ...credential, updatedAt: expect.stringMatching(/^20.*Z$/) as string } });
    expect(
      await api.ask(CONFIGURE_FCM, { id, input: { projectId: 'my-project', serviceAccount } }),
    ).toMatchObject({ fcm: { projectId: 'my-project' } });
    expect(
      await api.ask(`mutation ($id: ID!) { removeApns(applicationId: $id) { apns { keyId } } }`, {
        id,
      }),
    ).toEqual({ apns: null });
    expect(
      await api.ask(`mutation ($id: ID!) { removeFcm(applicationId: $id) { fcm { projectId } } }`, {
        id,
      }),
    ).toEqual({ fcm: null });
  });

  it('are renamed and slowed down', async () => {
    const id = await createApplication();
    expect(await api.ask(RENAME, { id, name: 'Wallet' })).toMatchObject({ name: 'Wallet' });
    expect(
      await api.ask(SET_LIMITS, { id, input: { apnsPerSecond: 5, fcmPerSecond: null } }),
    ).toMatchObject({
      limits: { apnsPerSecond: 5, fcmPerSecond: 9500 },
    });
    const { edges } = await api.ask<{ edges: unknown[] }>(
      '{ applications { edges { node { id name } } } }',
    );
    expect(edges).toContainEqual({ node: { id, name: 'Wallet' } });
  });

  it('are removed, and answered as they were', async () => {
    const id = await createApplication();
    await api.ask(SET_LIMITS, { id, input: { apnsPerSecond: 5 } });
    expect(
      await api.ask(
        'mutation ($id: ID!) { removeApplication(applicationId: $id) { id limits { apnsPerSecond fcmPerSecond } } }',
        { id },
      ),
    ).toEqual({ id, limits: { apnsPerSecond: 5, fcmPerSecond: 9500 } });
  });
});

describe('devices', () => {
  it('register with a user or an activation, once for each token', async () => {
    const applicationId = await createApplication();
    const device = { applicationId, platform: 'IOS', token: iosToken() };
    const first = await api.ask<Thing>(REGISTER_DEVICE, { input: { ...device, userId: 'alice' } });
    await api.ask(REGISTER_ACTIVATION, { input: { activationId: 'act-1', userId: 'bob' } });
    const again = await api.ask<Thing>(REGISTER_DEVICE, {
      input: { ...device, activationId: 'act-1', userId: null },
    });
    expect(again).toEqual({
      id: first.id,
      platform: 'IOS',
      token: device.token,
      retiredAt: null,
      application: { id: applicationId },
      activations: [
        { id: `${first.id}:alice`, userId: 'alice', status: 'ACTIVE' },
        { id: 'act-1', userId: 'bob', status: 'ACTIVE' },
      ],
    });
    expect(await api.ask(DEVICE, { id: first.id })).toMatchObject({ token: device.token });
  });

  it('are removed by their token, once', async () => {
    const applicationId = await createApplication();
    const device = { applicationId, platform: 'ANDROID', token: 'fcm-token' };
    const input = { ...device, userId: 'alice' };
    const { id } = await api.ask<Thing>(REGISTER_DEVICE, { input });
    expect(await api.ask(REMOVE_DEVICE, device)).toEqual({ id, token: 'fcm-token' });
    expect(await api.ask(REMOVE_DEVICE, device)).toBeNull();
  });

  it('are removed by their id, once', async () => {
    const applicationId = await createApplication();
    const input = { applicationId, platform: 'IOS', token: iosToken(), userId: 'alice' };
    const { id } = await api.ask<Thing>(REGISTER_DEVICE, { input });
    const remove = 'mutation ($id: ID!) { removeDevice(id: $id) { id token } }';
    expect(await api.ask(remove, { id })).toEqual({ id, token: input.token });
    expect(await api.ask(remove, { id })).toBeNull();
  });
});

describe('notifications', () => {
  it('make one delivery for each device of the user', async () => {
    const applicationId = await createApplication();
    for (const [platform, token] of [
      ['IOS', iosToken()],
      ['ANDROID', 'n-1'],
    ] as const) {
      await api.ask(REGISTER_DEVICE, {
        input: { applicationId, platform, token, userId: 'carol' },
      });
    }
    const message = {
      title: 'Balance',
      body: null,
      badge: 0,
      validUntil: '2030-01-01T00:00:00+01:00',
      extras: { screen: 'balance', nested: [null, { deep: true }] },
      silent: false,
      personal: true,
    };
    const sent = await api.ask<Thing>(SEND_NOTIFICATION, {
      input: { applicationId, userId: 'carol', message },
    });
    expect(sent).toEqual({
      id: expect.any(String) as string,
      userId: 'carol',
      activationId: null,
      state: 'RUNNING',
      application: { id: applicationId },
      message: { ...message, validUntil: '2029-12-31T23:00:00.000Z' },
      counts: { total: 2, pending: 2, accepted: 0, failed: 0, skipped: 0, expired: 0 },
      deliveries: {
        edges: [
          { node: pendingDelivery('APNS', 'IOS') },
          { node: pendingDelivery('FCM', 'ANDROID') },
        ],
      },
    });
    expect(await api.ask(NOTIFICATION, { id: sent.id })).toMatchObject({ id: sent.id });
    expect(
      await api.ask(DELIVERIES, { filter: { notificationId: sent.id, gateway: 'FCM' } }),
    ).toMatchObject({ edges: [{ node: { gateway: 'FCM' } }] });
  });

  it('without devices complete at once', async () => {
    const applicationId = await createApplication();
    const input = { applicationId, userId: 'nobody', message: { title: 'Hello' } };
    expect(await api.ask(SEND_NOTIFICATION, { input })).toMatchObject({
      state: 'COMPLETED',
      counts: { total: 0 },
    });
  });

  it('may be written as literals', async () => {
    const applicationId = await createApplication();
    const message = await api.ask(`mutation { sendNotification(input: {
      applicationId: ${applicationId}, userId: "dave", message: { silent: true, extras: { a: [1, null] } }
    }) { message { silent extras } } }`);
    expect(message).toEqual({ message: { silent: true, extras: { a: [1, null] } } });
  });

  it('carry extras of any name', async () => {
    const applicationId = await createApplication();
    const names = ['constructor', 'toString', 'hasOwnProperty', 'valueOf', 'then', 'prototype'];
    const extras = Object.fromEntries(names.map((name) => [name, { [name]: [name] }]));
    const input = { applicationId, userId: 'dave', message: { silent: true, extras } };
    const send = `mutation ($input: SendNotificationInput!) {
      sendNotification(input: $input) { message { extras } }
    }`;
    expect(await api.ask(send, { input })).toEqual({ message: { extras } });
    const literal = `mutation { sendNotification(input: {
      applicationId: ${applicationId}, userId: "dave",
      message: { silent: true, extras: { constructor: { toString: "x" }, a: null } }
    }) { message { extras } } }`;
    expect(await api.ask(literal)).toEqual({
      message: { extras: { constructor: { toString: 'x' }, a: null } },
    });
  });

  it('say where a number is that would be rounded', async () => {
    const query =
      'mutation ($extras: JSON) { sendNotification(input: { applicationId: 1, userId: "dave", message: { silent: true, extras: $extras } }) { id } }';
    const variables = JSON.parse('{"extras":{"orderId":1234567890123456789}}') as object;
    const { errors } = await api.post(query, variables);
    expect(errors?.[0]).toMatchObject({
      message: expect.stringContaining('write a larger one as text') as string,
      extensions: { code: 'BAD_USER_INPUT', field: 'extras' },
    });
  });
});

describe('campaigns', () => {
  it('may be revised with extras of any name', async () => {
    const applicationId = await createApplication();
    const create = `mutation ($input: CreateCampaignInput!) {
      createCampaign(input: $input) { id message { extras } }
    }`;
    const names = ['constructor', 'toString', 'hasOwnProperty', 'isPrototypeOf', 'equals'];
    const extras = Object.fromEntries(names.map((name) => [name, { [name]: 'a' }]));
    const input = { applicationId, name: 'Names', message: { silent: true, extras } };
    const made = await api.ask<{ id: string }>(create, { input });
    expect(made).toMatchObject({ message: { extras } });
    const update = `mutation ($id: ID!, $input: UpdateCampaignInput!) {
      updateCampaign(id: $id, input: $input) { message { extras } }
    }`;
    const changed = { ...extras, hasOwnProperty: { hasOwnProperty: 'b' } };
    const change = { message: { silent: true, extras: changed } };
    expect(await api.ask(update, { id: made.id, input: change })).toEqual({
      message: { extras: changed },
    });
  });

  it('are drafted, given an audience, launched and cancelled', async () => {
    const id = await createCampaign(await createApplication());
    expect(await api.ask(ADD_USERS, { id, userIds: ['alice', 'bob', 'alice'] })).toEqual({
      campaign: { id, users: 2 },
      added: 2,
    });
    expect(await api.ask(CAMPAIGN, { id })).toMatchObject({
      name: 'Spring',
      state: 'DRAFT',
      users: 2,
      launchedAt: null,
      message: { title: 'Hello' },
      counts: { total: 0 },
      reasons: [],
      deliveries: { edges: [], pageInfo: { hasNextPage: false, endCursor: null } },
    });
    expect(await change('launch', id)).toMatchObject({
      state: 'PLANNING',
      launchedAt: expect.any(String) as string,
    });
    expect(await change('cancel', id)).toMatchObject({ state: 'CANCELLED' });
  });

  it('are paused and resumed while they run', async () => {
    const id = await createCampaign(await createApplication());
    await change('launch', id);
    await api.sql(`UPDATE messages SET state = 'running' WHERE state = 'planning'`);
    expect(await change('pause', id)).toMatchObject({ state: 'PAUSED' });
    expect(await change('resume', id)).toMatchObject({ state: 'RUNNING' });
  });

  it('come in pages', async () => {
    const applicationId = await createApplication();
    const ids: string[] = [];
    for (const name of ['one', 'two', 'three']) ids.push(await createCampaign(applicationId, name));
    let [after, seen]: [string | null, string[]] = [null, []];
    do {
      const page: CampaignPage = await api.ask(CAMPAIGNS, { first: 2, after });
      seen = [...seen, ...page.edges.map(({ node }) => node.id)];
      after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null;
    } while (after !== null);
    expect(seen).toEqual([...new Set(seen)]);
    expect(seen).toEqual(expect.arrayContaining(ids));
  });
});

const pendingDelivery = (gateway: string, platform: string) => ({
  id: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
  gateway,
  state: 'PENDING',
  reason: null,
  attempts: 0,
  finishedAt: null,
  gatewayId: null,
  device: { platform, activations: [{ userId: 'carol' }] },
});

interface CampaignPage {
  readonly edges: { readonly node: Thing }[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

const change = (verb: 'launch' | 'pause' | 'resume' | 'cancel', id: string) =>
  api.ask(`mutation ($id: ID!) { ${verb}Campaign(id: $id) { id state launchedAt } }`, { id });

const APPLICATION_FIELDS = `
  id name limits { apnsPerSecond fcmPerSecond }
  apns { bundle keyId teamId environment updatedAt } fcm { projectId updatedAt }`;

const CREATE_APPLICATION = `mutation ($input: CreateApplicationInput!) {
  createApplication(input: $input) { ${APPLICATION_FIELDS} }
}`;

const RENAME = `mutation ($id: ID!, $name: String!) {
  updateApplication(applicationId: $id, name: $name) { ${APPLICATION_FIELDS} }
}`;

const SET_LIMITS = `mutation ($id: ID!, $input: LimitsInput!) {
  setLimits(applicationId: $id, input: $input) { ${APPLICATION_FIELDS} }
}`;

const CONFIGURE_APNS = `mutation ($id: ID!, $input: ApnsCredentialInput!) {
  configureApns(applicationId: $id, input: $input) {
    apns { bundle keyId teamId environment updatedAt }
  }
}`;

const CONFIGURE_FCM = `mutation ($id: ID!, $input: FcmCredentialInput!) {
  configureFcm(applicationId: $id, input: $input) { fcm { projectId updatedAt } }
}`;

const DEVICE_FIELDS = `
  id platform token retiredAt application { id } activations { id userId status }`;

const REGISTER_DEVICE = `mutation ($input: RegisterDeviceInput!) {
  registerDevice(input: $input) { ${DEVICE_FIELDS} }
}`;

const REGISTER_ACTIVATION = `mutation ($input: RegisterActivationInput!) {
  registerActivation(input: $input) { id userId status }
}`;

const REMOVE_DEVICE = `mutation ($applicationId: ID!, $platform: Platform!, $token: String!) {
  removeDevice(applicationId: $applicationId, platform: $platform, token: $token) { id token }
}`;

const DEVICE = `query ($id: ID!) { device(id: $id) { ${DEVICE_FIELDS} } }`;

const DELIVERY_FIELDS = `
  id gateway state reason attempts finishedAt gatewayId device { platform activations { userId } }`;

const NOTIFICATION_FIELDS = `
  id userId activationId state application { id }
  message { title body badge validUntil extras silent personal }
  counts { total pending accepted failed skipped expired }
  deliveries { edges { node { ${DELIVERY_FIELDS} } } }`;

const SEND_NOTIFICATION = `mutation ($input: SendNotificationInput!) {
  sendNotification(input: $input) { ${NOTIFICATION_FIELDS} }
}`;

const NOTIFICATION = `query ($id: ID!) { notification(id: $id) { ${NOTIFICATION_FIELDS} } }`;

const DELIVERIES = `query ($filter: DeliveryFilterInput!) {
  deliveries(filter: $filter) { edges { node { ${DELIVERY_FIELDS} } } }
}`;

const CREATE_CAMPAIGN = `mutation ($input: CreateCampaignInput!) { createCampaign(input: $input) { id } }`;

const ADD_USERS = `mutation ($id: ID!, $userIds: [String!]!) {
  addCampaignUsers(id: $id, userIds: $userIds) { campaign { id users } added }
}`;

const CAMPAIGN = `query ($id: ID!) {
  campaign(id: $id) {
    name state users launchedAt application { id } message { title }
    counts { total } reasons { state reason count }
    deliveries { edges { node { id } } pageInfo { hasNextPage endCursor } }
  }
}`;

const CAMPAIGNS = `query ($first: Int!, $after: String) {
  campaigns(first: $first, after: $after) {
    edges { cursor node { id } } pageInfo { hasNextPage endCursor }
  }
}`;
