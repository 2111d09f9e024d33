import { PowerAuthServer } from './powerauth-server';

/** The success and the errors of every route, as contract §1 lists them: code and text, to the key. */

let server: PowerAuthServer;
beforeAll(async () => {
  server = await PowerAuthServer.start();
  await server.carillon.createApplication();
  await server.createActivation('a-1', 'alice');
  await server.createActivation('a-2', 'bob');
  await server.createActivation('a-blocked', 'alice', 'BLOCKED');
  await server.createActivation('a-removed', 'alice', 'REMOVED');
  await server.carillon.startWorker();
});
afterAll(() => server.close());

const ok = { status: 'OK' };
const okWith = (responseObject: unknown) => ({ status: 'OK', responseObject });
const refused = (message: string) => ({
  status: 'ERROR',
  responseObject: { code: 'ERROR_GENERIC', message },
});

interface Row {
  readonly verb?: string;
  /** The `requestObject`; the whole body where it is text, none where it is undefined. */
  readonly body?: unknown;
  readonly status?: number;
  readonly answer: object;
}

function route(verb: string, path: string, rows: Readonly<Record<string, Row>>): void {
  describe(`${verb} ${path}`, () => {
    it.each(Object.entries(rows))('%s', async (_, row) => {
      const body =
        row.body === undefined || typeof row.body === 'string'
          ? row.body
          : JSON.stringify({ requestObject: row.body });
      const reply = await server.client.send(row.verb ?? verb, path, body);
      // Parsed as text to compare the order of the keys, too.
      expect(reply.text).toBe(JSON.stringify(row.answer, null, 2));
      expect(reply.status).toBe(row.status ?? (isError(row.answer) ? 400 : 200));
      expect(reply.headers.get('content-type')).toBe('application/json');
    });
  });
}

const isError = (answer: object) => 'status' in answer && answer.status === 'ERROR';

const requestMissing = (text: string): Record<string, Row> => ({
  'refuses {}': { body: '{}', answer: refused(text) },
  'refuses a null requestObject': { body: '{"requestObject":null}', answer: refused(text) },
});

/** An id's two rules. `member` and `name` differ in administration. */
const idRules = (rest: object, member: string, name: string): Record<string, Row> => ({
  [`refuses a null ${member}`]: {
    body: { ...rest, [member]: null },
    answer: refused(`${name} must not be null.`),
  },
  [`refuses an empty ${member}`]: {
    body: { ...rest, [member]: '' },
    answer: refused(`${name} must not be null.`),
  },
  [`refuses ${member} 0`]: {
    body: { ...rest, [member]: 0 },
    answer: refused(`${name} must be a positive number.`),
  },
});

const token = 'ab12';
const device = { appId: 1, token, platform: 'ios', activationId: 'a-1' };
const tokenMissing = refused('Push token must not be null or empty.');
const platformMissing = refused('Platform must not be null or empty.');
const noSuchApplication = refused('Application with given ID does not exist');
const notActive = refused('Device registration failed because associated activation is not ACTIVE');

route('POST', '/push/device/create', {
  ...requestMissing('Request object must not be empty'),
  ...idRules({}, 'appId', 'App ID'),
  'refuses a null activation first': {
    body: { appId: 1 },
    answer: refused('Activation ID must not be null.'),
  },
  'refuses a null platform next': {
    body: { ...device, platform: null, token: null },
    answer: platformMissing,
  },
  'refuses an empty platform': { body: { ...device, platform: '' }, answer: platformMissing },
  'refuses a null token': { body: { ...device, token: null }, answer: tokenMissing },
  'refuses an empty token': { body: { ...device, token: '' }, answer: tokenMissing },
  'refuses an unknown platform': {
    body: { ...device, platform: 'windows' },
    answer: refused('Platform must be ios or android.'),
  },
  'refuses an unknown application': { body: { ...device, appId: 99 }, answer: noSuchApplication },
  'refuses an application id beyond ours': {
    body: { ...device, appId: 3_000_000_000 },
    answer: noSuchApplication,
  },
  'refuses an unknown activation': { body: { ...device, activationId: 'gone' }, answer: notActive },
  'refuses a removed activation': {
    body: { ...device, activationId: 'a-removed' },
    answer: notActive,
  },
  'takes a blocked activation': {
    body: { ...device, token: 'bb', activationId: 'a-blocked' },
    answer: ok,
  },
  'takes a device': { body: device, answer: ok },
  'takes it again': { body: device, answer: ok },
});

const multi = { appId: 1, token: 'ff', platform: 'ios', activationIds: ['a-1', 'a-2'] };

route('POST', '/push/device/create/multi', {
  ...requestMissing('Request object must not be empty'),
  ...idRules({}, 'appId', 'App ID'),
  'refuses a null list': {
    body: { ...multi, activationIds: null },
    answer: refused('Activation ID list must not be null.'),
  },
  'refuses an empty list': {
    body: { ...multi, activationIds: [] },
    answer: refused('Activation ID list must not empty.'),
  },
  'refuses a missing list': {
    body: { appId: 1, token, platform: 'ios' },
    answer: refused('Activation ID list must not empty.'),
  },
  'refuses a null platform': { body: { ...multi, platform: null }, answer: platformMissing },
  'refuses a null token': { body: { ...multi, token: null }, answer: tokenMissing },
  'refuses when any activation fails': {
    body: { ...multi, activationIds: ['a-1', 'a-removed'] },
    answer: refused('Device registration failed'),
  },
  'takes several activations, one of them twice': {
    body: { ...multi, activationIds: ['a-1', 'a-2', 'a-1'] },
    answer: ok,
  },
});

route('POST', '/push/device/create', {
  'refuses a token that several activations share': {
    body: { ...device, token: 'ff', activationId: 'a-blocked' },
    answer: refused(
      'Multiple device registrations found for push token. Use the /push/device/create/multi endpoint for this scenario.',
    ),
  },
});

for (const path of ['/push/device/delete', '/push/device/remove']) {
  route('POST', path, {
    ...requestMissing('Request object must not be empty'),
    ...idRules({}, 'appId', 'App ID'),
    'refuses a null token': { body: { appId: 1 }, answer: tokenMissing },
    'removes a device': { body: { appId: 1, token }, answer: ok },
    'is content with an odd number of digits that is no token of ours': {
      body: { appId: 1, token: '12456789098321234567890' },
      answer: ok,
    },
    'takes DELETE too': { verb: 'DELETE', body: { appId: 1, token }, answer: ok },
  });
}

route('POST', '/push/device/status/update', {
  'refuses {}': { body: '{}', answer: refused('Activation ID must not be null.') },
  'refuses null': {
    body: '{"activationId":null}',
    answer: refused('Activation ID must not be null.'),
  },
  'refuses an unknown status': {
    body: '{"activationId":"a-2","activationStatus":"GONE"}',
    answer: refused(
      'activationStatus wants one of CREATED, PENDING_COMMIT, ACTIVE, BLOCKED, REMOVED.',
    ),
  },
  'takes what PowerAuth Server adds': {
    body: '{"activationId":"a-2","userId":"bob","activationName":"x","deviceInfo":null,"platform":"ios","activationFlags":[],"blockedReason":null,"applicationId":1,"activationStatus":"ACTIVE"}',
    answer: ok,
  },
  'takes an activation alone': { body: '{"activationId":"a-2"}', answer: ok },
  'takes PUT too': { verb: 'PUT', body: '{"activationId":"a-2"}', answer: ok },
  'is content without a device': { body: '{"activationId":"unheard-of"}', answer: ok },
});

const message = { userId: 'nobody', body: {} };
const none = { sent: 0, failed: 0, pending: 0, total: 0 };
const bodyMissing = 'Push message payload (body) must not be null.';
const userMissing = 'Push message must contain a user ID.';

route('POST', '/push/message/send', {
  ...requestMissing('Request object must not be empty'),
  'refuses a null message first': {
    body: { appId: null },
    answer: refused('Message must not be empty'),
  },
  ...idRules({ message }, 'appId', 'App ID'),
  'refuses a null body': { body: { appId: 1, message: {} }, answer: refused(bodyMissing) },
  'refuses a null user': {
    body: { appId: 1, message: { body: {} } },
    answer: refused(userMissing),
  },
  'refuses an unknown application': {
    body: { appId: 99, message },
    answer: refused('Application not found'),
  },
  'refuses an empty user last': {
    body: { appId: 1, message: { ...message, userId: '' } },
    answer: refused('No userId was specified'),
  },
  'counts nothing for a user without devices': {
    body: { appId: 1, message },
    answer: okWith({ ios: none, android: none }),
  },
  'takes null attributes': {
    body: { appId: 1, message: { ...message, attributes: null } },
    answer: okWith({ ios: none, android: none }),
  },
});

route('POST', '/push/message/batch/send', {
  ...requestMissing('Request object must not be empty'),
  'refuses a null batch first': {
    body: { appId: null },
    answer: refused('Batch must not be empty'),
  },
  ...idRules({ batch: [message] }, 'appId', 'App ID'),
  'refuses an empty batch': {
    body: { appId: 1, batch: [] },
    answer: refused('There are no push messages in the batch.'),
  },
  'refuses 21 messages': {
    body: { appId: 1, batch: Array(21).fill(message) },
    answer: refused(
      'Too many messages in batch - do no send more than 20 messages at once to avoid server congestion.',
    ),
  },
  'refuses a null element': {
    body: { appId: 1, batch: [message, null] },
    answer: refused(
      'Push message at index: 1 is not valid. Nested error is: Push message must not be null.',
    ),
  },
  'refuses an element without a body': {
    body: { appId: 1, batch: [{ userId: 'x' }] },
    answer: refused(`Push message at index: 0 is not valid. Nested error is: ${bodyMissing}`),
  },
  'refuses an element without a user': {
    body: { appId: 1, batch: [message, message, { body: {} }] },
    answer: refused(`Push message at index: 2 is not valid. Nested error is: ${userMissing}`),
  },
  'takes 20 messages': {
    body: { appId: 1, batch: Array(20).fill(message) },
    answer: okWith({ ios: none, android: none }),
  },
});

const noSuchCampaign = refused('Campaign with entered ID does not exist');
const shown = {
  title: 'Hello',
  body: null,
  icon: null,
  badge: null,
  sound: null,
  category: null,
  collapseKey: null,
  validUntil: '2030-01-01T00:00:00Z',
  extras: { a: 1 },
};

route('POST', '/push/campaign/create', {
  ...requestMissing('Request object must not be empty'),
  ...idRules({}, 'appId', 'App ID'),
  'refuses a null message': {
    body: { appId: 1 },
    answer: refused('You must specify a push campaign message payload.'),
  },
  'refuses an unknown application': { body: { appId: 99, message: {} }, answer: noSuchApplication },
  'takes the application as text': {
    body: {
      appId: '1',
      message: { title: 'Hello', validUntil: 1893456000, extras: { a: 1 }, icon: '' },
    },
    answer: okWith({ id: 1 }),
  },
  'takes an empty message': { body: { appId: 1, message: {} }, answer: okWith({ id: 2 }) },
});

const detail = { id: 1, appId: 1, sent: false, message: shown };

route('GET', '/push/campaign/1/detail', { 'shows every key': { answer: okWith(detail) } });
route('GET', '/push/campaign/9/detail', {
  'refuses an unknown campaign': { answer: noSuchCampaign },
});
route('GET', '/push/campaign/99999999999/detail', {
  'refuses an unknown campaign': { answer: noSuchCampaign },
});
route('GET', '/push/campaign/x/detail', {
  'refuses what is no number': { answer: refused('The campaign id wants a number.') },
});

route('PUT', '/push/campaign/1/user/add', {
  ...requestMissing('Empty requestObject data'),
  'takes users, numbers among them, and each once': {
    body: ['bob', 7, 'alice', 'bob'],
    answer: ok,
  },
  'takes them again, by POST too': { verb: 'POST', body: ['alice'], answer: ok },
  'takes nobody': { body: [], answer: ok },
  'refuses a null user': {
    body: ['carol', null],
    status: 409,
    answer: {
      status: 'ERROR',
      responseObject: { code: 'ERROR_DATA_INTEGRITY', message: 'User ID must not be null.' },
    },
  },
});
route('PUT', '/push/campaign/9/user/add', {
  'refuses a null list first': { body: '{}', answer: refused('Empty requestObject data') },
  'refuses an unknown campaign': { body: ['alice'], answer: noSuchCampaign },
});

const page = (users: string[], number: number, size: number, campaignId = 1) => ({
  status: 'OK',
  responseObject: { campaignId, users },
  page: number,
  size,
});
const all = ['7', 'alice', 'bob'];
const pages: Readonly<Record<string, object>> = {
  '/push/campaign/1/user/list': page(all, 0, 20),
  '/push/campaign/1/user/list?page=0&size=2': page(all.slice(0, 2), 0, 2),
  '/push/campaign/1/user/list?page=1&size=2': page(all.slice(2), 1, 2),
  '/push/campaign/1/user/list?page=9&size=2': page([], 9, 2),
  '/push/campaign/1/user/list?size=0': page(all, 0, 20),
  '/push/campaign/1/user/list?size=x&page=y': page(all, 0, 20),
  '/push/campaign/1/user/list?page=-1&size=-1': page(all, 0, 20),
  '/push/campaign/1/user/list?size=9999&sort=nonsense': page(all, 0, 2000),
  '/push/campaign/1/user/list?page=2147483647&size=2000': page([], 2147483647, 2000),
  '/push/campaign/1/user/list?page=99999999999': page(all, 0, 20),
  '/push/campaign/9/user/list': page([], 0, 20, 9),
};
for (const [path, answer] of Object.entries(pages)) {
  route('GET', path, { 'shows a page': { answer } });
}

route('POST', '/push/campaign/1/user/delete', {
  ...requestMissing('Empty requestObject data'),
  'removes users, known or not': { body: ['bob', 'unheard-of'], answer: ok },
  'takes DELETE too': { verb: 'DELETE', body: [7], answer: ok },
});
route('POST', '/push/campaign/9/user/delete', {
  'is content without the campaign': { body: ['bob'], answer: ok },
});
route('GET', '/push/campaign/1/user/list', {
  'shows who is left': { answer: page(['alice'], 0, 20) },
});

route('POST', '/push/campaign/send/test/9', {
  'refuses an unknown campaign before the request': { body: '{}', answer: noSuchCampaign },
});
route('POST', '/push/campaign/send/test/1', {
  ...requestMissing('Request must not be null.'),
  'refuses a null user': { body: {}, answer: refused('Request must contain a user ID.') },
  'takes a user': { body: { userId: 'alice' }, answer: ok },
});
route('POST', '/push/campaign/send/live/9', {
  'refuses an unknown campaign': { answer: noSuchCampaign },
});

const empty = { id: 2, appId: 1, sent: false, message: { ...nulls(shown) } };
const lists: Record<string, object[]> = { '': [detail, empty] };
for (const value of ['true', 'on', 'yes', '1', 'TRUE', 'false', 'off', 'no', '0', '']) {
  lists[`?all=${value}`] = [detail, empty];
}
for (const [query, campaigns] of Object.entries(lists)) {
  route('GET', `/push/campaign/list${query}`, { 'lists campaigns': { answer: okWith(campaigns) } });
}
route('GET', '/push/campaign/list?all=abc', {
  'refuses what is no boolean': { answer: refused('all wants true or false.') },
});

route('POST', '/push/campaign/2/delete', {
  'deletes without a body': { answer: okWith({ deleted: true }) },
  'tells that it was gone, whatever the body': { body: '{', answer: okWith({ deleted: false }) },
  'takes DELETE too': { verb: 'DELETE', body: '{}', answer: okWith({ deleted: false }) },
});

const idMissing = requestMissing('Request object must not be empty');
const noCredentials = refused('Application credentials with entered ID does not exist');
const item = { id: 1, appId: 1, appName: 'Mobile bank', ios: true, android: true };

route('GET', '/admin/app/list', {
  'lists applications': { answer: okWith({ applicationList: [item] }) },
});
route('GET', '/admin/app/unconfigured/list', {
  'is empty without a PowerAuth Server': { answer: okWith({ applicationList: [] }) },
});
route('POST', '/admin/app/create', {
  ...requestMissing('Request object must not be empty'),
  ...idRules({}, 'appId', 'App ID'),
  'refuses one that exists': { body: { appId: 1 }, answer: refused('Application already exists') },
  'creates one': { body: { appId: 7 }, answer: okWith({ id: 7 }) },
});

const withheld = { iosBundle: null, iosKeyId: null, iosTeamId: null, androidProjectId: null };
route('POST', '/admin/app/detail', {
  ...requestMissing('Request must not be null.'),
  ...idRules({}, 'id', 'ID'),
  'refuses an unknown one': { body: { id: 99 }, answer: noCredentials },
  'shows only what was asked for': {
    body: { id: 1 },
    answer: okWith({ application: item, ...withheld }),
  },
  'shows Android': {
    body: { id: '1', includeAndroid: 1 },
    answer: okWith({ application: item, ...withheld, androidProjectId: 'project-app1' }),
  },
  'shows that nothing is set': {
    body: { id: 7, includeIos: true, includeAndroid: true },
    answer: okWith({
      application: { id: 7, appId: 7, appName: 'Application 7', ios: false, android: false },
      ...withheld,
    }),
  },
});

const ios = { id: 1, bundle: 'b', keyId: 'k', teamId: 't', privateKeyBase64: 'AAAA' };
route('PUT', '/admin/app/ios/update', {
  ...idMissing,
  ...idRules(ios, 'id', 'ID'),
  'refuses an empty bundle': {
    body: { ...ios, bundle: '' },
    answer: refused('Bundle must not be empty.'),
  },
  'refuses a null key id': {
    body: { ...ios, keyId: null },
    answer: refused('Key ID must not be empty.'),
  },
  'refuses an empty team': {
    body: { ...ios, teamId: '' },
    answer: refused('Team ID must not be empty.'),
  },
  'refuses an empty key': {
    body: { ...ios, privateKeyBase64: '' },
    answer: refused('Private key must not be empty.'),
  },
  'refuses what is no base64': {
    body: { ...ios, privateKeyBase64: '%' },
    answer: refused('Private key must be base64.'),
  },
  'refuses an unknown environment': {
    body: { ...ios, environment: 'staging' },
    answer: refused(
      'Environment must be either "null" (inherits settings from global server configuration), or one of "development" or "production" values.',
    ),
  },
  'refuses what is no key, where the legacy server fails at the first send': {
    verb: 'POST',
    body: ios,
    answer: refused("privateKey wants Apple's .p8 file: an EC P-256 private key in PEM"),
  },
});

const android = { id: 1, projectId: 'p', privateKeyBase64: 'AAAA' };
route('PUT', '/admin/app/android/update', {
  ...idMissing,
  ...idRules(android, 'id', 'ID'),
  'refuses an empty project': {
    body: { ...android, projectId: '' },
    answer: refused('Project ID must not be empty.'),
  },
  'refuses an empty key': {
    body: { ...android, privateKeyBase64: null },
    answer: refused('Private key must not be empty.'),
  },
  'refuses what is no service account': {
    verb: 'POST',
    body: android,
    answer: refused("serviceAccount wants the service account's JSON file"),
  },
});

for (const platform of ['ios', 'android']) {
  route('POST', `/admin/app/${platform}/remove`, {
    ...idMissing,
    ...idRules({}, 'id', 'ID'),
    'refuses an unknown application': { body: { id: 99 }, answer: noCredentials },
    'removes credentials': { body: { id: 1 }, answer: ok },
    'is content when they are gone, by DELETE too': { verb: 'DELETE', body: { id: 1 }, answer: ok },
  });
}

function nulls(object: object): object {
  return Object.fromEntries(Object.keys(object).map((key) => [key, null]));
}
