import { extras, flag, instant, integer, list, object, type Reader, text } from './read-body';

type Row = readonly [value: unknown, read: unknown];

/** What Jackson makes of a value, and what it refuses. */
function table(name: string, reader: Reader<unknown>, taken: Row[], refused: unknown[]): void {
  describe(name, () => {
    it.each(taken)('takes %j for %j', (value, read) => {
      expect(reader(value, 'place')).toEqual(read);
    });
    it.each(refused.map((value) => [value]))('refuses %j', (value) => {
      expect(() => reader(value, 'place')).toThrow(/^place/);
    });
  });
}

table(
  'text',
  text,
  [
    ['a', 'a'],
    ['', ''],
    ['😀', '😀'],
    [7, '7'],
    [-1.5, '-1.5'],
    [true, 'true'],
    [null, null],
    [undefined, null],
  ],
  [{}, [], ['a'], 2 ** 64, Infinity, 'a\0b', '\ud800', 'b\udc00'],
);

table(
  'integer',
  integer,
  [
    [2, 2],
    ['2', 2],
    [' 2 ', 2],
    ['-2', -2],
    [2.9, 2],
    [-2.9, -2],
    [-0.5, 0],
    ['', null],
    [null, null],
    [undefined, null],
  ],
  ['abc', '2.9', '1e3', '0x10', true, [], [1], {}, 1e300, Infinity, '9'.repeat(30), 'NaN'],
);

table(
  'flag',
  flag,
  [
    [true, true],
    ['true', true],
    ['TRUE', true],
    [1, true],
    [-1, true],
    [false, false],
    ['false', false],
    [0, false],
    ['', false],
    [null, false],
    [undefined, false],
  ],
  ['yes', 'on', '1', 0.5, [], {}],
);

const at = (iso: string) => new Date(iso);

table(
  'instant',
  instant,
  [
    ['2017-12-11T21:22:29.923Z', at('2017-12-11T21:22:29.923Z')],
    ['2017-12-11T21:22:29.923456789Z', at('2017-12-11T21:22:29.923Z')],
    ['2017-12-11T21:22Z', at('2017-12-11T21:22:00Z')],
    ['2017-12-11T22:22:29+01:00', at('2017-12-11T21:22:29Z')],
    ['2017-12-11T21:22:29+0000', at('2017-12-11T21:22:29Z')],
    [1893456000.123, at('2030-01-01T00:00:00.123Z')],
    [1893456000123, at('2030-01-01T00:00:00.123Z')],
    [1893456000, at('2030-01-01T00:00:00Z')],
    ['1512998549', at('2017-12-11T13:22:29Z')],
    ['2030-01-01', at('2030-01-01T00:00:00Z')],
    [' 2030-01-01 ', at('2030-01-01T00:00:00Z')],
    ['2028-02-29', at('2028-02-29T00:00:00Z')],
    ['2030-01-01T12:30', at('2030-01-01T12:30:00Z')],
    ['2030-01-01T12:30:15', at('2030-01-01T12:30:15Z')],
    ['2030-01-01T12:30:15.5', at('2030-01-01T12:30:15.5Z')],
    ['2030-01-01T12:30:15.5+02', at('2030-01-01T10:30:15.5Z')],
    ['2030-01-01T12:30-0930', at('2030-01-01T22:00:00Z')],
    ['2030-01-01t12:30:15z', at('2030-01-01T12:30:15Z')],
    ['2030-01-01T24:00:00Z', at('2030-01-02T00:00:00Z')],
    ['2030-12-31T23:59:60Z', at('2030-12-31T23:59:59Z')],
    ['Tue, 01 Jan 2030 00:00:00 GMT', at('2030-01-01T00:00:00Z')],
    ['Tue, 1 Jan 2030 00:00:00 UTC', at('2030-01-01T00:00:00Z')],
    ['Tue, 01 Jan 2030 00:00:00 +0200', at('2029-12-31T22:00:00Z')],
    ['Tue, 01 Jan 2030 00:00:00 GMT+02:00', at('2029-12-31T22:00:00Z')],
    ['Tue, 01 Jan 2030 00:00:00 EST', at('2030-01-01T05:00:00Z')],
    ['Tue, 01 Jan 2030 00:00:00 PDT', at('2030-01-01T07:00:00Z')],
    ['1893456000.123000000', at('2030-01-01T00:00:00.123Z')],
    [0, at('1970-01-01T00:00:00Z')],
    ['', null],
    [null, null],
    [undefined, null],
  ],
  [
    '2017-02-30',
    '2027-02-29T00:00',
    '2017-2-3',
    '2017-12',
    '10000-01-01',
    '+012017-12-11T00:00:00Z',
    '9999-12-31T23:59:59-01:00',
    253402300800000,
    '2017-12-11T24:01:00Z',
    '2017-12-11T21:60:00Z',
    '2017-12-11T21:22:61Z',
    '2017-12-11T21:22:29+25:00',
    '2017-12-11 21:22:29',
    'Tue, 31 Feb 2030 00:00:00 GMT',
    'Tue, 01 Jan 2030 25:00:00 GMT',
    'Tue, 01 Jan 2030 00:00:00',
    'Tue, 01 Jän 2030 00:00:00 GMT',
    '2017-02-30T00:00:00Z',
    '2017-13-01T00:00:00Z',
    '2017-12-11T25:00:00Z',
    'tomorrow',
    true,
    [],
    {},
    1e300,
    Infinity,
  ],
);

table(
  'a list',
  list(integer),
  [
    [
      [1, '2', null],
      [1, 2, null],
    ],
    [[], []],
    [null, null],
    [undefined, null],
  ],
  ['', 'a', 1, true, {}, [[1]], [1, 'x']],
);

table(
  'an object',
  object({ a: integer, b: flag }),
  [
    [
      { a: '1', b: true, unknown: { c: [] }, constructor: { d: 1 }, toString: 'e' },
      { a: 1, b: true },
    ],
    [{}, { a: null, b: false }],
    [
      { a: null, b: null },
      { a: null, b: false },
    ],
    [null, null],
    [undefined, null],
  ],
  ['', 'a', 1, true, [], [{}], { a: 'x' }, JSON.parse('{"__proto__":{"a":1}}')],
);

const nested = (levels: number): object => (levels === 0 ? {} : { a: nested(levels - 1) });

table(
  'extras',
  extras,
  [
    [
      { text: 'a', number: 1.5, truth: true, object: { a: [1, { b: 2 }] } },
      { text: 'a', number: 1.5, truth: true, object: { a: [1, { b: 2 }] } },
    ],
    [{ gone: null, kept: { gone: null, list: [1, null, 2] } }, { kept: { list: [1, 2] } }],
    [
      { constructor: 1, toString: 'a', hasOwnProperty: { valueOf: true } },
      { constructor: 1, toString: 'a', hasOwnProperty: { valueOf: true } },
    ],
    [{}, {}],
    [nested(31), nested(31)],
    [null, null],
    [undefined, null],
  ],
  [
    '',
    'a',
    [],
    true,
    { a: 2 ** 64 },
    { a: '\0' },
    { '\ud800': 1 },
    { a: JSON.parse('{"__proto__":1}') as unknown },
  ],
);

it.each([nested(32), { a: JSON.parse('['.repeat(5000) + ']'.repeat(5000)) as unknown }])(
  'extras that nest too deep are refused',
  (value) => {
    expect(() => extras(value, 'place')).toThrow('must not nest deeper than 32');
  },
);

it('names the place, not the value', () => {
  const reader = object({ message: object({ users: list(text) }) });
  expect(() => reader({ message: { users: ['a', { secret: 1 }] } }, 'requestObject')).toThrow(
    'requestObject.message.users[1] wants text.',
  );
});
