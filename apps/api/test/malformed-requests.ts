/** A request as it goes over the wire. */
export interface WireRequest {
  readonly verb: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

const paths = [
  '/push/service/status',
  '/push/device/create',
  '/push/device/create/multi',
  '/push/device/remove',
  '/push/device/delete',
  '/push/device/status/update',
  '/push/message/send',
  '/push/message/batch/send',
  '/push/campaign/create',
  '/push/campaign/{id}/delete',
  '/push/campaign/{id}/detail',
  '/push/campaign/list?all={id}',
  '/push/campaign/{id}/user/add',
  '/push/campaign/{id}/user/list?page={id}&size={id}',
  '/push/campaign/{id}/user/delete',
  '/push/campaign/send/test/{id}',
  '/push/campaign/send/live/{id}',
  '/admin/app/list',
  '/admin/app/detail',
  '/admin/app/create',
  '/admin/app/ios/update',
  '/admin/app/ios/remove',
  '/admin/app/android/update',
  '/admin/app/{id}',
];
const verbs = ['GET', 'POST', 'POST', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD'];

const types = [
  ...Array<string>(12).fill('application/json'),
  'application/json; charset=utf-16',
  'text/plain',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'application/vnd.x+json',
  '/;=',
  '',
];

const ids = [
  '1',
  '0',
  '-1',
  '2',
  '1.5',
  'abc',
  '9'.repeat(19),
  '9'.repeat(60),
  '%00',
  '%zz',
  '%ff',
];
const moreIds = [
  '%2F',
  '%F0%9F%98%80',
  "1' OR 1=1",
  '1;x',
  '..',
  'NaN',
  'true',
  '',
  'a'.repeat(3000),
];

const message = {
  userId: 'alice',
  activationId: null,
  attributes: { silent: false, personal: true },
  body: {
    title: 't',
    badge: 1,
    collapseKey: 'k',
    validUntil: 1893456000.5,
    extras: { a: { b: [1] } },
  },
};
const templates: object[] = [
  { requestObject: { appId: 1, token: 'ab12', platform: 'ios', activationId: 'a-1' } },
  { requestObject: { appId: 1, token: 'ab12', platform: 'ios', activationIds: ['a-1', 'a-2'] } },
  { requestObject: { appId: 1, message } },
  { requestObject: { appId: 1, batch: [message, message] } },
  { requestObject: { appId: 1, message: message.body } },
  { requestObject: ['alice', 'bob', 7] },
  { requestObject: { id: 1, includeIos: true, userId: 'alice' } },
  {
    requestObject: {
      id: 1,
      bundle: 'b',
      keyId: 'k',
      teamId: 't',
      projectId: 'p',
      privateKeyBase64: 'AAAA',
    },
  },
  { activationId: 'a-1', activationStatus: 'BLOCKED' },
];

/** Values that break things, as JSON. */
const junk = [
  'null',
  'true',
  '0',
  '-1',
  '1e999',
  '-1e-999',
  '9'.repeat(25),
  '2147483648',
  '0.1',
  '""',
  '"\\u0000"',
  '"\\ud800"',
  '"\\udc00\\ud800"',
  '"\ufeff\u202e"',
  '"2017-12-11"',
  '"2017-02-30T00:00:00Z"',
  '"+275760-09-13T00:00:00Z"',
  '[]',
  '{}',
  '[[]]',
  '[null]',
  '[{"a":[{}]}]',
  '{"__proto__":{"polluted":1}}',
  '{"constructor":{"prototype":{"polluted":1}}}',
  '{"aps":{}}',
  '{"from":"x","google.a":null}',
  '{"":"","a.b":1}',
  '{"toString":1,"hasOwnProperty":null}',
  '["a","a","\\u0000"]',
  '"\'; DROP TABLE devices; --"',
  '"%s%n"',
];

/** Requests that are wrong in their verb, path, type, encoding, size, syntax or values; the same for the same seed. */
export function* malformedRequests(count: number, seed: number): Generator<WireRequest> {
  const random = mulberry32(seed);
  const below = (limit: number) => Math.floor(random() * limit);
  const pick = <Item>(items: readonly Item[]): Item => items[below(items.length)] as Item;

  const bytes = (length: number) => Buffer.from(Array.from({ length }, () => below(256)));
  const mutated = (): string => {
    const json = JSON.stringify(pick(templates));
    const values = [...json.matchAll(/(?<=[:[,])(?:"[^"]*"|[\d.]+|true|false|null)(?=[,\]}])/g)];
    const { 0: value, index } = pick(values);
    return json.slice(0, index) + pick(junk) + json.slice(index + value.length);
  };
  const bodies: (() => Buffer | string)[] = [
    mutated,
    mutated,
    mutated,
    () => `{"requestObject":${pick(junk)}}`,
    () => pick(junk),
    () => mutated().slice(0, below(60)),
    () => mutated() + pick(junk),
    () => Buffer.concat([Buffer.from(mutated()), bytes(below(20))]),
    () => bytes(below(300)),
    () => {
      const text = Buffer.from(mutated());
      text[below(text.length)] = below(256);
      return text;
    },
    () => Buffer.from(mutated(), 'utf16le'),
    () => pick(['[', '{"a":', '{"requestObject":[', '"\\']).repeat(below(3000)),
    () => `{"requestObject":{"appId":1,"token":"${'a'.repeat(below(20_000))}"}}`,
    () => '',
  ];
  const tooLarge = Buffer.alloc(1_100_000, '{"requestObject":"');

  for (let n = 0; n < count; n++) {
    const path = pick(paths).replaceAll('{id}', () => pick(random() < 0.5 ? ids : moreIds));
    const body = n % 500 === 499 ? tooLarge : Buffer.from(pick(bodies)() as string);
    const type = pick(types);
    yield {
      verb: pick(verbs),
      path: path.replaceAll(' ', '%20') + (random() < 0.1 ? '/' : ''),
      headers: {
        ...(type !== '' && { 'content-type': type }),
        ...(random() < 0.05 && { 'content-encoding': 'gzip' }),
        ...(random() < 0.8
          ? { 'content-length': String(body.length) }
          : { 'transfer-encoding': 'chunked' }),
      },
      body,
    };
  }
}

/** A small generator of numbers from 0 to 1 that a seed decides. */
function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
