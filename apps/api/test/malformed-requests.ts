import { seededRandom } from '@app/testing/seeded-random';

/** A request as it goes over the wire. */
export interface WireRequest {
  readonly verb: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

const message = {
  userId: 'alice',
  activationId: 'a-1',
  attributes: { silent: false, personal: true },
  body: {
    title: 't',
    badge: 1,
    collapseKey: 'k',
    validUntil: 1893456000.5,
    extras: { a: { b: [1] } },
  },
};
const device = { appId: 1, token: 'ab12', platform: 'ios', activationId: 'a-1' };
const application = {
  id: 1,
  appId: 1,
  includeIos: true,
  bundle: 'b',
  keyId: 'k',
  teamId: 't',
  projectId: 'p',
  privateKeyBase64: 'AAAA',
};
const users = ['alice', 'bob', 7];

/** With the `requestObject` that each wants. */
const routes: readonly (readonly [path: string, request: object])[] = [
  ['/push/service/status', {}],
  ['/push/device/create', device],
  ['/push/device/create/multi', { ...device, activationIds: ['a-1', 'a-2'] }],
  ['/push/device/remove', device],
  ['/push/device/delete', device],
  ['/push/device/status/update', {}],
  ['/push/message/send', { appId: 1, message }],
  ['/push/message/batch/send', { appId: 1, batch: [message, message] }],
  ['/push/campaign/create', { appId: 1, message: message.body }],
  ['/push/campaign/{id}/delete', {}],
  ['/push/campaign/{id}/detail', {}],
  ['/push/campaign/list?all={id}', {}],
  ['/push/campaign/{id}/user/add', users],
  ['/push/campaign/{id}/user/list?page={id}&size={id}', {}],
  ['/push/campaign/{id}/user/delete', users],
  ['/push/campaign/send/test/{id}', { userId: 'alice' }],
  ['/push/campaign/send/live/{id}', {}],
  ['/admin/app/list', {}],
  ['/admin/app/detail', application],
  ['/admin/app/create', application],
  ['/admin/app/ios/update', application],
  ['/admin/app/ios/remove', application],
  ['/admin/app/android/update', application],
  ['/admin/app/{id}', {}],
];
const verbs = [
  ...Array<string>(8).fill('POST'),
  'GET',
  'PUT',
  'DELETE',
  'PATCH',
  'OPTIONS',
  'HEAD',
];

const types = [
  ...Array<string>(30).fill('application/json'),
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
  const random = seededRandom(seed);
  const below = (limit: number) => Math.floor(random() * limit);
  const pick = <Item>(items: readonly Item[]): Item => items[below(items.length)] as Item;

  const bytes = (length: number) => Buffer.from(Array.from({ length }, () => below(256)));
  let request: object = {};
  /** Flat for the callback of PowerAuth Server. */
  const mutated = (): string => {
    const json = JSON.stringify({
      requestObject: request,
      activationId: 'a-1',
      activationStatus: 'BLOCKED',
    });
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
    const [route, wanted] = pick(routes);
    request = wanted;
    const path = route.replaceAll('{id}', () => pick(random() < 0.5 ? ids : moreIds));
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
