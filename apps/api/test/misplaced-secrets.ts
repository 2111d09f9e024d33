/** A request that has a secret where it does not belong. */
export interface Misplacement {
  readonly what: string;
  readonly path: string;
  readonly init: RequestInit;
}

const json = { 'content-type': 'application/json' };

const post = (what: string, path: string, body: string | object, headers: object = {}) => ({
  what,
  path,
  init: {
    method: 'POST',
    headers: { ...json, ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  },
});
const graphql = (what: string, query: string, variables: object = {}, rest: object = {}) =>
  post(what, '/graphql', { query, variables, ...rest });

/** Of the routes that read a body. */
const paths = [
  '/graphql',
  '/api/oauth/token',
  '/api/oauth/introspect',
  '/api/oauth/revoke',
  '/auth/token',
  '/auth/token/refresh',
  '/auth/token/revoke',
  '/push/device/create',
  '/push/message/send',
  '/push/campaign/create',
  '/admin/app/ios/update',
  '/admin/app/android/update',
];

/** @param secret any, e.g. a password or a private key @param apiSpaceId of an application */
export function misplaced(secret: string, apiSpaceId: string): Misplacement[] {
  const quoted = JSON.stringify(secret);
  const inUrl = encodeURIComponent(secret);
  const inHeader = Buffer.from(secret).toString('base64');
  const sessions = `/apispaces/${apiSpaceId}/sessions`;
  return [
    ...[...paths, sessions].flatMap((path) => [
      post(`JSON that ends too soon, to ${path}`, path, `{ "key": ${quoted}`),
      post(`JSON with a word too much, to ${path}`, path, `{ "key": ${quoted} ${quoted} }`),
      post(`text without quotes, to ${path}`, path, secret),
      post(`a string, to ${path}`, path, quoted),
      post(`a list, to ${path}`, path, [secret]),
      post(`an unknown member, to ${path}`, path, { [secret]: secret, requestObject: secret }),
      post(`numbers that are texts, to ${path}`, path, {
        requestObject: { id: secret, appId: secret, environment: secret, platform: secret },
      }),
      post(`texts that are objects, to ${path}`, path, {
        ...Object.fromEntries(members.map((name) => [name, { [name]: secret }])),
        requestObject: { id: 1, appId: 1, ...texts({ text: secret }) },
      }),
      post(`a secret for every text, to ${path}`, path, {
        ...Object.fromEntries(members.map((name) => [name, secret])),
        requestObject: { id: 1, appId: 1, ...texts(secret) },
      }),
      { ...post(`a form, to ${path}`, path, String(new URLSearchParams(allOf(secret))), form) },
      post(`another type, to ${path}`, path, '{}', { 'content-type': `text/${inHeader}` }),
      post(`in the URL, to ${path}`, `${path}?token=${inUrl}&key=${inUrl}`, {}),
    ]),
    // But for PowerAuth's, where an unknown path is repeated as Spring does it.
    ...[...paths, sessions]
      .filter((path) => !/^\/(push|admin)/.test(path))
      .map((path) => post(`below ${path}`, `${path}/${inUrl.slice(0, 2_000)}`, {})),
    ...headersWith(inHeader).flatMap((headers) =>
      ['/graphql', '/push/device/create', '/api/oauth/introspect', '/auth/token', sessions].map(
        (path) => post(`in ${Object.keys(headers).join()}, to ${path}`, path, {}, headers),
      ),
    ),
    graphql('an object for a text', ADD_KEY, { key: { pem: secret } }),
    graphql('a list for a text', ADD_KEY, { key: [secret] }),
    graphql('a text for an input', CONFIGURE_APNS, { input: secret }),
    graphql('a text for a number', 'query ($n: Int!) { clients(first: $n) { __typename } }', {
      n: secret,
    }),
    graphql('a text for a date', NOT_AFTER, { date: secret }),
    graphql('an unknown value', 'query ($a: DeliveryState!) { __typename }', { a: secret }),
    graphql('an unknown member', CONFIGURE_APNS, { input: { [secret]: secret } }),
    graphql('an id', 'query ($id: ID!) { application(id: $id) { id } }', { id: secret }),
    graphql('an id in the query', `{ application(id: ${quoted}) { id } }`),
    graphql(
      'a list in the query',
      `mutation { login(email: "a", password: [${quoted}]) { token } }`,
    ),
    graphql('a number in the query', `{ clients(first: ${quoted}) { __typename } }`),
    graphql(
      'an enum in the query',
      `mutation { setServiceAccountLoginMode(id: "a", input: { mode: ${quoted} }) { id } }`,
    ),
    graphql('a text where a name belongs', `{ ${quoted} }`),
    graphql('a text without end', `mutation { login(email: "a", password: ${quoted.slice(0, -1)}`),
    graphql('only a text', secret),
    graphql('an operation of that name', '{ __typename }', {}, { operationName: secret }),
    graphql('an unknown variable', 'query ($a: String!) { __typename }', { [secret]: secret }),
    graphql('a persisted query', '', {}, { extensions: { persistedQuery: secret } }),
    graphql('an e-mail', LOGIN, { email: secret, password: secret }),
    graphql('a role', CREATE_OPERATOR, {
      input: { email: 'a@example.com', password: secret, role: secret },
    }),
    graphql('a password where an e-mail belongs', CREATE_OPERATOR, {
      input: { email: secret, password: secret, role: 'VIEWER' },
    }),
    {
      what: 'in a link',
      path: `/graphql?query={login(password:${inUrl.slice(0, 2_000)})}`,
      init: {},
    },
    { what: 'in an unknown path', path: `/nowhere/${inUrl.slice(0, 2_000)}`, init: {} },
    { what: 'to the socket', path: `/apispaces/${apiSpaceId}/socket?token=${inUrl}`, init: {} },
    {
      what: 'as an API space',
      path: `/apispaces/${inUrl.slice(0, 2_000)}/sessions/start`,
      init: {},
    },
    { what: 'as a session', path: `${sessions}/${inUrl.slice(0, 2_000)}`, init: {} },
  ];
}

const form = { 'content-type': 'application/x-www-form-urlencoded' };

const members = [
  'grant_type',
  'assertion',
  'scope',
  'token',
  'account_id',
  'public_key',
  'client_assertion',
  'refresh_token',
  'authenticationId',
  'authenticationToken',
  'activationId',
  'query',
  'variables',
];

const allOf = (secret: string) => members.map((name): [string, string] => [name, secret]);

/** What PowerAuth's requests have for texts. */
const texts = (value: unknown) => ({
  ...{ bundle: value, keyId: value, teamId: value, projectId: value, privateKeyBase64: value },
  ...{ token: value, platform: value, activationId: value, message: value, userId: value },
});

const headersWith = (value: string): object[] => [
  { authorization: value.slice(0, 4_000) },
  { authorization: `Basic ${value.slice(0, 4_000)}` },
  { authorization: `Bearer ${value.slice(0, 4_000)}` },
  { authorization: `Bearer a.b.c`, 'carillon-application': value.slice(0, 4_000) },
  { 'x-signature': value.slice(0, 4_000) },
  { 'if-match': value.slice(0, 4_000) },
];

const ADD_KEY =
  'mutation ($key: String!) { addKey(input: { clientId: "crm", publicKey: $key }) { id } }';
const CONFIGURE_APNS =
  'mutation ($input: ApnsCredentialInput!) { configureApns(applicationId: "1", input: $input) { id } }';
const NOT_AFTER =
  'mutation ($date: DateTime!) { addKey(input: { clientId: "crm", publicKey: "a", notAfter: $date }) { id } }';
const LOGIN =
  'mutation ($email: String!, $password: String!) { login(email: $email, password: $password) { token } }';
const CREATE_OPERATOR =
  'mutation ($input: CreateOperatorInput!) { createOperator(input: $input) { id } }';
