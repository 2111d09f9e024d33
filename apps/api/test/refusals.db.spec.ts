import { ApiClient } from './api-client';

let api: ApiClient;
let draft: string;
let launched: string;
beforeAll(async () => {
  api = await ApiClient.start();
  await api.ask(CREATE_APPLICATION, { input: { id: '1', name: 'Mobile bank' } });
  await api.ask(REGISTER_DEVICE, device({}));
  draft = await createCampaign();
  launched = await createCampaign();
  await api.ask(LAUNCH, { id: launched });
});
afterAll(() => api.close());

const APPLICATION = 'query ($id: ID!) { application(id: $id) { id } }';
const CREATE_APPLICATION =
  'mutation ($input: CreateApplicationInput!) { createApplication(input: $input) { id } }';
const SET_LIMITS =
  'mutation ($id: ID!, $input: LimitsInput!) { setLimits(applicationId: $id, input: $input) { id } }';
const CONFIGURE_APNS =
  'mutation ($id: ID!, $input: ApnsCredentialInput!) { configureApns(applicationId: $id, input: $input) { id } }';
const CONFIGURE_FCM =
  'mutation ($id: ID!, $input: FcmCredentialInput!) { configureFcm(applicationId: $id, input: $input) { id } }';
const REMOVE_APNS = 'mutation ($id: ID!) { removeApns(applicationId: $id) { id } }';
const LANES = 'query ($id: ID!) { lanes(applicationId: $id) { gateway } }';
const DEVICE = 'query ($id: ID!) { device(id: $id) { id } }';
const REGISTER_DEVICE =
  'mutation ($input: RegisterDeviceInput!) { registerDevice(input: $input) { id } }';
const REGISTER_ACTIVATION =
  'mutation ($input: RegisterActivationInput!) { registerActivation(input: $input) { id } }';
const NOTIFICATION = 'query ($id: ID!) { notification(id: $id) { id } }';
const SEND = 'mutation ($input: SendNotificationInput!) { sendNotification(input: $input) { id } }';
const CREATE_CAMPAIGN =
  'mutation ($input: CreateCampaignInput!) { createCampaign(input: $input) { id } }';
const ADD_USERS =
  'mutation ($id: ID!, $userIds: [String!]!) { addCampaignUsers(id: $id, userIds: $userIds) { added } }';
const LAUNCH = 'mutation ($id: ID!) { launchCampaign(id: $id) { id } }';
const PAUSE = 'mutation ($id: ID!) { pauseCampaign(id: $id) { id } }';
const CAMPAIGNS =
  'query ($first: Int! = 50, $after: String) { campaigns(first: $first, after: $after) { edges { cursor } } }';
const DELIVERIES =
  'query ($filter: DeliveryFilterInput!) { deliveries(filter: $filter) { edges { cursor } } }';
const TOO_MANY = `{ ${Array.from({ length: 300 }, (_, n) => `a${n}: applications { totalCount }`).join(' ')} }`;

const range = 'wants a whole number from 1 to 2147483647';
const apns = { bundle: 'com.example', keyId: 'K', teamId: 'T', environment: 'PRODUCTION' };

async function createCampaign(): Promise<string> {
  const input = { applicationId: '1', name: 'Spring', message: { title: 'Hello' } };
  return (await api.ask<{ id: string }>(CREATE_CAMPAIGN, { input })).id;
}

function device(changes: object) {
  return {
    input: { applicationId: '1', platform: 'IOS', token: '00ff', userId: 'alice', ...changes },
  };
}

function message(message: object) {
  return { input: { applicationId: '1', userId: 'alice', message } };
}

function users(count: number): string[] {
  return Array.from({ length: count }, (_, n) => `user-${n}`);
}

function nested(depth: number): object {
  return depth === 0 ? {} : { a: nested(depth - 1) };
}

type Refusal = [
  what: string,
  query: string,
  variables: object | (() => object),
  says: string,
  code: string,
  field?: string,
];

describe('a clear error, and nothing changed, for', () => {
  it.each<Refusal>([
    [
      'an unknown application',
      APPLICATION,
      { id: '7' },
      'There is no application 7',
      'APPLICATION_NOT_FOUND',
    ],
    ['the application id abc', APPLICATION, { id: 'abc' }, `id ${range}`, 'BAD_USER_INPUT', 'id'],
    ['the application id 0', APPLICATION, { id: 0 }, `id ${range}`, 'BAD_USER_INPUT', 'id'],
    ['the application id -1', APPLICATION, { id: -1 }, `id ${range}`, 'BAD_USER_INPUT', 'id'],
    [
      'a huge application id',
      APPLICATION,
      { id: '99999999999999999999' },
      `id ${range}`,
      'BAD_USER_INPUT',
      'id',
    ],
    [
      'an id that is no id',
      APPLICATION,
      { id: 1.5 },
      'id: ID cannot represent value',
      'BAD_USER_INPUT',
      'id',
    ],
    [
      'no id',
      APPLICATION,
      {},
      'Variable "$id" of required type "ID!" was not provided.',
      'BAD_USER_INPUT',
    ],
    [
      'an id that is taken',
      CREATE_APPLICATION,
      { input: { id: '1', name: 'Again' } },
      'Application 1 exists already',
      'APPLICATION_EXISTS',
    ],
    [
      'an application without name',
      CREATE_APPLICATION,
      { input: { name: ' ' } },
      'name wants 1 to 200 characters',
      'INVALID_APPLICATION',
      'input.name',
    ],
    [
      'a name with NUL',
      CREATE_APPLICATION,
      { input: { name: 'a\0b' } },
      'input.name wants text without NUL and without halves of characters',
      'BAD_USER_INPUT',
      'input.name',
    ],
    [
      'a wrong limit',
      SET_LIMITS,
      { id: '1', input: { apnsPerSecond: -1 } },
      'apnsPerSecond wants a whole number from 0 (unlimited) to 1000000',
      'INVALID_APPLICATION',
      'input.apnsPerSecond',
    ],
    [
      'a key that is none',
      CONFIGURE_APNS,
      { id: '1', input: { ...apns, privateKey: 'SECRET' } },
      "privateKey wants Apple's .p8 file: an EC P-256 private key in PEM",
      'INVALID_CREDENTIAL',
      'input.privateKey',
    ],
    [
      'a forgotten field beside a key',
      CONFIGURE_APNS,
      { id: '1', input: { privateKey: 'SECRET' } },
      'input: Field "bundle" of required type "String!" was not provided.',
      'BAD_USER_INPUT',
      'input',
    ],
    [
      'a service account that is no text',
      CONFIGURE_FCM,
      { id: '1', input: { projectId: 'p', serviceAccount: { private_key: 'SECRET' } } },
      'input.serviceAccount: String cannot represent a non string value',
      'BAD_USER_INPUT',
      'input.serviceAccount',
    ],
    [
      'credentials of nobody',
      REMOVE_APNS,
      { id: '7' },
      'There is no application 7',
      'APPLICATION_NOT_FOUND',
    ],
    ['lanes of nobody', LANES, { id: '7' }, 'There is no application 7', 'APPLICATION_NOT_FOUND'],
    ['an unknown device', DEVICE, { id: 'abc' }, 'There is no device abc', 'DEVICE_NOT_FOUND'],
    [
      'a device of an unknown application',
      REGISTER_DEVICE,
      device({ applicationId: '7' }),
      'There is no application 7',
      'APPLICATION_NOT_FOUND',
    ],
    [
      'a device of no application',
      REGISTER_DEVICE,
      device({ applicationId: 'abc' }),
      `applicationId ${range}`,
      'BAD_USER_INPUT',
      'input.applicationId',
    ],
    [
      'a token that is no token',
      REGISTER_DEVICE,
      device({ token: 'not hex' }),
      'token wants an APNs device token: an even number of hexadecimal digits, at most 200',
      'INVALID_DEVICE',
      'input.token',
    ],
    [
      'an unknown platform',
      REGISTER_DEVICE,
      device({ platform: 'WINDOWS' }),
      'input.platform: The value does not exist in "Platform" enum.',
      'BAD_USER_INPUT',
      'input.platform',
    ],
    [
      'a device of nobody',
      REGISTER_DEVICE,
      device({ userId: null }),
      'userId or activationId is wanted, exactly one of them',
      'BAD_USER_INPUT',
      'input.userId',
    ],
    [
      'a device of a user and an activation',
      REGISTER_DEVICE,
      device({ activationId: 'a' }),
      'userId or activationId is wanted, exactly one of them',
      'BAD_USER_INPUT',
      'input.userId',
    ],
    [
      'a device of an unknown activation',
      REGISTER_DEVICE,
      device({ token: '11', userId: null, activationId: 'a' }),
      'There is no activation a, or it is removed',
      'ACTIVATION_NOT_FOUND',
    ],
    [
      'an activation without user',
      REGISTER_ACTIVATION,
      { input: { activationId: 'a', userId: '' } },
      'userId wants 1 to 255 characters; this one has 0',
      'INVALID_DEVICE',
      'input.userId',
    ],
    [
      'an unknown notification',
      NOTIFICATION,
      { id: 'abc' },
      'There is no notification abc',
      'NOTIFICATION_NOT_FOUND',
    ],
    [
      'a notification of an unknown application',
      SEND,
      { input: { applicationId: '7', userId: 'alice', message: { body: 'b' } } },
      'There is no application 7',
      'APPLICATION_NOT_FOUND',
    ],
    [
      'an oversized payload',
      SEND,
      message({ body: 'x'.repeat(5000) }),
      'The APNs payload has 5029 bytes; at most 4096 are allowed.',
      'INVALID_MESSAGE',
    ],
    [
      'a negative badge',
      SEND,
      message({ badge: -1 }),
      'badge must be a whole number from 0 on, not -1.',
      'INVALID_MESSAGE',
      'input.message.badge',
    ],
    [
      'a badge that is no number',
      SEND,
      message({ badge: 'many' }),
      'input.message.badge: Int cannot represent non-integer value',
      'BAD_USER_INPUT',
      'input.message.badge',
    ],
    [
      'a date that is none',
      SEND,
      message({ validUntil: 'tomorrow' }),
      'input.message.validUntil: DateTime wants RFC 3339, e.g. 2026-01-31T12:00:00Z.',
      'BAD_USER_INPUT',
      'input.message.validUntil',
    ],
    [
      'extras that are no object',
      SEND,
      message({ extras: [1] }),
      'message.extras wants an object',
      'BAD_USER_INPUT',
      'input.message.extras',
    ],
    [
      'extras that are ours',
      SEND,
      message({ extras: { aps: {} } }),
      'extras must not contain "aps"; it is ours to fill.',
      'INVALID_MESSAGE',
      'input.message.extras.aps',
    ],
    [
      'extras with NUL',
      SEND,
      message({ extras: { a: ['\0'] } }),
      'input.message.extras.a.0 wants text without NUL and without halves of characters',
      'BAD_USER_INPUT',
      'input.message.extras.a.0',
    ],
    [
      'extras with half a character',
      SEND,
      message({ extras: { '\ud800': 1 } }),
      'input.message.extras.\ud800 wants text without NUL and without halves of characters',
      'BAD_USER_INPUT',
      'input.message.extras.\ud800',
    ],
    [
      'extras too deep',
      SEND,
      message({ extras: nested(40) }),
      'input.message.extras: JSON wants at most 32 levels.',
      'BAD_USER_INPUT',
      'input.message.extras',
    ],
    [
      'extras with a number that JavaScript rounds',
      SEND,
      message({ extras: { orderId: 2 ** 60 } }),
      'input.message.extras: JSON wants whole numbers up to 9007199254740991, and none that is infinite; write a larger one as text.',
      'BAD_USER_INPUT',
      'input.message.extras',
    ],
    [
      'a message that shows nothing',
      SEND,
      message({ title: ' ', sound: 'default' }),
      'The message shows nothing: it wants a title, a body or a badge, or to be silent.',
      'INVALID_MESSAGE',
    ],
    [
      'an empty category',
      SEND,
      message({ body: 'b', category: '' }),
      'category must not be empty; leave it out instead.',
      'INVALID_MESSAGE',
      'input.message.category',
    ],
    [
      'an unknown field',
      SEND,
      message({ subtitle: 'x' }),
      'input.message: Field "subtitle" is not defined by type "MessageInput". Did you mean "title"?',
      'BAD_USER_INPUT',
      'input.message',
    ],
    [
      'a campaign that shows nothing',
      CREATE_CAMPAIGN,
      { input: { applicationId: '1', name: 'n', message: {} } },
      'The message shows nothing: it wants a title, a body or a badge, or to be silent.',
      'INVALID_MESSAGE',
    ],
    [
      'a campaign without name',
      CREATE_CAMPAIGN,
      { input: { applicationId: '1', name: '', message: { body: 'b' } } },
      'name wants 1 to 200 characters',
      'INVALID_CAMPAIGN',
      'input.name',
    ],
    [
      'a campaign with an oversized payload',
      CREATE_CAMPAIGN,
      { input: { applicationId: '1', name: 'A', message: { title: 'x'.repeat(5000) } } },
      'The APNs payload has 5030 bytes; at most 4096 are allowed.',
      'INVALID_MESSAGE',
    ],
    [
      'an unknown campaign',
      LAUNCH,
      { id: '999' },
      'There is no campaign 999',
      'CAMPAIGN_NOT_FOUND',
    ],
    [
      'no users',
      ADD_USERS,
      () => ({ id: draft, userIds: [] }),
      'userIds wants 1 to 10000 users a call',
      'INVALID_CAMPAIGN',
      'userIds',
    ],
    [
      '10 001 users',
      ADD_USERS,
      () => ({ id: draft, userIds: users(10_001) }),
      'userIds wants 1 to 10000 users a call',
      'INVALID_CAMPAIGN',
      'userIds',
    ],
    [
      'users after launch',
      ADD_USERS,
      () => ({ id: launched, userIds: ['alice'] }),
      "Can't change what is planning",
      'WRONG_STATE',
    ],
    [
      'a second launch',
      LAUNCH,
      () => ({ id: launched }),
      "Can't launch what is planning",
      'WRONG_STATE',
    ],
    [
      'a pause before launch',
      PAUSE,
      () => ({ id: draft }),
      "Can't pause what is draft",
      'WRONG_STATE',
    ],
    [
      'a page of 501',
      CAMPAIGNS,
      { first: 501 },
      'first wants a number from 1 to 500',
      'BAD_USER_INPUT',
      'first',
    ],
    [
      'a page of none',
      CAMPAIGNS,
      { first: 0 },
      'first wants a number from 1 to 500',
      'BAD_USER_INPUT',
      'first',
    ],
    [
      'a cursor that is none',
      CAMPAIGNS,
      { after: 'abc' },
      'after wants a cursor of the same list',
      'BAD_USER_INPUT',
      'after',
    ],
    [
      'deliveries of nothing',
      DELIVERIES,
      { filter: {} },
      'filter wants a campaignId, a notificationId or a deviceId, exactly one of them',
      'BAD_USER_INPUT',
      'filter',
    ],
    [
      'deliveries in an unknown state',
      DELIVERIES,
      { filter: { campaignId: '1', state: 'LOST' } },
      'filter.state: The value does not exist in "DeliveryState" enum.',
      'BAD_USER_INPUT',
      'filter.state',
    ],
    [
      'an unknown query',
      '{ nothing }',
      {},
      'Cannot query field "nothing" on type "Query".',
      'GRAPHQL_VALIDATION_FAILED',
    ],
    ['no GraphQL', 'hello', {}, 'Syntax Error: Unexpected Name "hello".', 'GRAPHQL_PARSE_FAILED'],
    [
      'too many selections',
      TOO_MANY,
      {},
      'Anonymous operation recursively requests too many selections.',
      'GRAPHQL_VALIDATION_FAILED',
    ],
  ])('%s', async (_what, query, variables, says, ...[code, field]) => {
    const before = await api.rowCounts();
    const given = typeof variables === 'function' ? (variables as () => object)() : variables;
    const { errors } = await api.post(query, given);
    expect(errors?.[0]).toMatchObject({ message: says, extensions: { code } });
    expect(errors?.[0]?.extensions.field).toBe(field);
    expect(JSON.stringify(errors)).not.toContain('SECRET');
    expect(await api.rowCounts()).toEqual(before);
  });
});
