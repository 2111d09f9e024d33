/** The body of a request, and what it is called in a test. */
export interface HostileRequest {
  readonly what: string;
  readonly body: string;
}

const times = (count: number, text: string | ((index: number) => string)) =>
  Array.from({ length: count }, (_, index) => (typeof text === 'string' ? text : text(index))).join(
    ' ',
  );
const nested = (levels: number, open: string, inside: string, close: string) =>
  open.repeat(levels) + inside + close.repeat(levels);
const query = (text: string, variables?: unknown) => JSON.stringify({ query: text, variables });

const SEND = 'mutation ($input: SendNotificationInput!) { sendNotification(input: $input) { id } }';
const ADD_USERS =
  'mutation ($users: [String!]!) { addCampaignUsers(id: 1, userIds: $users) { added } }';
const REGISTER_ALL =
  'mutation ($input: RegisterDevicesInput!) { registerDevices(input: $input) { __typename } }';
const notification = (extras: unknown) => ({
  input: { applicationId: '1', userId: 'u', message: { title: 't', extras } },
});

/** Requests whose document is too much. */
const documents: Record<string, string> = {
  'a hundred levels': `{ ${nested(100, 'campaigns { edges { node { application { campaigns ', '{ __typename }', '} } } }')} }`,
  'ten thousand levels': nested(10_000, '{ a ', '', '}'),
  'ten thousand lists in each other': `{ device(id: ${nested(9_000, '[', '1', ']')}) { id } }`,
  'ten thousand objects in each other': `{ device(id: ${nested(5_000, '{a:', '1', '}')}) { id } }`,
  'ten thousand fields': `{ ${times(10_000, 'viewer { kind }')} }`,
  'a million brackets': nested(500_000, '{', '', '}'),
  'a thousand aliases': `{ ${times(1_000, (n) => `a${n}: viewer { kind }`)} }`,
  'a thousand passwords': `mutation { ${times(1_000, (n) => `a${n}: login(email: "a@b.example", password: "${n}") { token }`)} }`,
  'a fragment in itself': '{ ...a } fragment a on Query { ...a }',
  'fragments in a circle': `{ ...f0 } ${times(100, (n) => `fragment f${n} on Query { ...f${(n + 1) % 100} }`)}`,
  'fragments that double': `{ ...f0 } ${times(40, (n) => `fragment f${n} on Query { ${n < 39 ? `...f${n + 1} ...f${n + 1}` : 'viewer { kind }'} }`)}`,
  'a thousand fragments that overlap': `{ ${times(1_500, (n) => `...f${n}`)} } ${times(1_500, (n) => `fragment f${n} on Query { viewer { kind } ...f${(n + 1) % 1_500} }`)}`,
  'fields that conflict in all pairs': `{ ${times(3_000, (n) => `a: device(id: ${n}) { id }`)} }`,
  'a flood of directives': `{ viewer ${times(4_000, '@skip(if: false)')} { kind } }`,
  'a flood of unknown directives': `{ viewer ${times(4_000, (n) => `@a${n}`)} { kind } }`,
  'ten thousand operations': times(10_000, (n) => `query q${n} { viewer { kind } }`),
  'operations that share fragments': `${times(1_500, (n) => `query q${n} { ...f0 }`)} ${times(1_000, (n) => `fragment f${n} on Query { ${n < 999 ? `...f${n + 1}` : 'viewer { kind }'} }`)}`,
  'a thousand unknown arguments': `{ viewer(${times(4_000, (n) => `a${n}: 1`)}) { kind } }`,
  'an introspection bomb': `{ __schema { types { ${nested(12, 'fields { type { ', 'name', '} }')} } } }`,
  'introspection of itself': `{ __schema { types { ${nested(6, 'possibleTypes { ', 'name', '}')} ${times(50, (n) => `a${n}: fields { name }`)} } } }`,
  'a NUL in a name': '{ view\0er { kind } }',
  'a name that only looks alike': '{ vi\u0435wer { kind } }',
  'half a character': '{ viewer { kind } \ud800 }',
  'no end': '{ viewer { kind }',
  'an empty text': ' ',
  'a text without end': '{ device(id: """ ',
  'an int beyond all ints': `{ campaigns(first: ${'9'.repeat(5_000)}) { edges { cursor } } }`,
  'a page of a billion': '{ campaigns(first: 1000000000) { edges { cursor } } }',
  'a page of fewer than none': '{ campaigns(first: -1) { edges { cursor } } }',
  'a prototype': '{ __proto__ { constructor } }',
  'a prototype as an argument': '{ device(id: 1, __proto__: { a: 1 }) { id } }',
};

/** Requests whose variables are too much, or wrong. */
const variables: Record<string, readonly [text: string, variables: unknown]> = {
  'pages of pages by variables': [
    'query ($n: Int!) { campaigns(first: $n) { edges { node { deliveries(first: $n) { edges { node { id } } } } } } }',
    { n: 500 },
  ],
  'a list of a hundred thousand users': [ADD_USERS, { users: Array(100_000).fill('u') }],
  'a list of a hundred thousand wrong things': [ADD_USERS, { users: Array(100_000).fill(1) }],
  'a list of lists': [ADD_USERS, { users: [['a'], ['b']] }],
  'a list that is an object': [ADD_USERS, { users: { length: 1e9 } }],
  'an int beyond all ints': [
    'query ($n: Int!) { campaigns(first: $n) { edges { cursor } } }',
    { n: 1e300 },
  ],
  'half a character': [SEND, notification({ a: '\ud800' })],
  'a NUL': [SEND, notification({ 'a\0': 1 })],
  'a NUL in an id': ['query ($id: ID!) { device(id: $id) { id } }', { id: '1\0' }],
  'thirty thousand devices': [
    REGISTER_ALL,
    { input: { applicationId: '1', devices: Array(30_000).fill({ platform: 'IOS', token: 'a' }) } },
  ],
  'an id of a megabyte': [
    'query ($id: ID!) { device(id: $id) { id } }',
    { id: '1'.repeat(900_000) },
  ],
};

const raw: Record<string, string> = {
  'JSON a hundred thousand levels deep': `{"query":${JSON.stringify(SEND)},"variables":{"input":{"applicationId":"1","userId":"u","message":{"title":"t","extras":{"a":${nested(100_000, '[', '', ']')}}}}}}`,
  'variables a hundred thousand levels deep': `{"query":"{ viewer { kind } }","variables":${nested(100_000, '{"a":', '1', '}')}}`,
  'a batch': JSON.stringify(Array(1_000).fill({ query: '{ viewer { kind } }' })),
  'a batch of nothing': '[]',
  'a body of five megabytes': query('#'.repeat(5_000_000)),
  'no JSON': '{"query": ',
  'half of JSON': '{"query":"{ viewer { kind } }"',
  'a text': '"{ viewer { kind } }"',
  'a number': '1e999',
  'a null': 'null',
  nothing: '',
  'bytes that are no text': '{"query":"\u0000"}',
  'a __proto__ key': '{"query":"{ viewer { kind } }","variables":{"__proto__":{"a":1}}}',
  'a constructor key':
    '{"query":"{ viewer { kind } }","variables":{"constructor":{"prototype":{"a":1}}}}',
  'a query that is a list': '{"query":["{ viewer { kind } }"]}',
  'variables that are a list': '{"query":"{ viewer { kind } }","variables":[1]}',
  'variables that are a text': '{"query":"{ viewer { kind } }","variables":"{}"}',
  'an operation that is not there': '{"query":"query a { viewer { kind } }","operationName":"b"}',
  'a name that is a number': '{"query":"query a { viewer { kind } }","operationName":1}',
  'a name among many that is not told':
    '{"query":"query a { viewer { kind } } query b { viewer { kind } }"}',
};

export const hostileRequests: readonly HostileRequest[] = [
  ...Object.entries(documents).map(([what, text]) => ({ what, body: query(text) })),
  ...Object.entries(variables).map(([what, [text, values]]) => ({
    what: `${what}, in variables`,
    body: query(text, values),
  })),
  ...Object.entries(raw).map(([what, body]) => ({ what, body })),
];

/** Subscriptions that have no business on a socket, by what they are. */
export const hostileSubscriptions: Readonly<Record<string, string>> = {
  ...documents,
  'a query': '{ viewer { kind } }',
  'a mutation': 'mutation { logout }',
  'two subscriptions':
    'subscription { a: campaignProgress(id: 1) { state } b: campaignProgress(id: 1) { state } }',
};
