import { Decoder } from './decoder';
import { Encoder, type Indexing } from './encoder';
import type { Field } from './static-table';
import { tableOf } from '../testing/table-of';

const octets = (hex: string) => Buffer.from(hex.replaceAll(' ', ''), 'hex');

function encode(encoder: Encoder, fields: readonly Field[], indexing: Indexing = 'indexed') {
  const target = Buffer.alloc(1024);
  const all = fields.map(([name, value]) => [name, value, indexing] as const);
  return target.toString('hex', 0, encoder.encode(all, target, 0));
}

const host: Field = [':authority', 'www.example.com'];
const get: Field[] = [[':method', 'GET'], [':scheme', 'http'], [':path', '/'], host];
const noCache: Field = ['cache-control', 'no-cache'];
const custom: Field = ['custom-key', 'custom-value'];
const requests: [fields: Field[], table: Field[]][] = [
  [get, [host]],
  [
    [...get, noCache],
    [noCache, host],
  ],
  [
    [[':method', 'GET'], [':scheme', 'https'], [':path', '/index.html'], host, custom],
    [custom, noCache, host],
  ],
];

const isPrivate: Field = ['cache-control', 'private'];
const date: Field = ['date', 'Mon, 21 Oct 2013 20:13:21 GMT'];
const laterDate: Field = ['date', 'Mon, 21 Oct 2013 20:13:22 GMT'];
const location: Field = ['location', 'https://www.example.com'];
const gzip: Field = ['content-encoding', 'gzip'];
const cookie: Field = ['set-cookie', 'foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1'];
const responses: [fields: Field[], table: Field[]][] = [
  [
    [[':status', '302'], isPrivate, date, location],
    [location, date, isPrivate, [':status', '302']],
  ],
  [
    [[':status', '307'], isPrivate, date, location],
    [[':status', '307'], location, date, isPrivate],
  ],
  [
    [[':status', '200'], isPrivate, laterDate, location, gzip, cookie],
    [cookie, gzip, laterDate],
  ],
];
/** The size of the table in the examples of responses, as a peer tells it at the beginning of a block. */
const size256 = '3fe101';

const huffmanRequests = [
  '828684418cf1e3c2e5f23a6ba0ab90f4ff',
  '828684be5886a8eb10649cbf',
  '828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf',
];
const huffmanResponses = [
  `${size256}488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff6e919d29ad171863c78f0b97c8e9ae82ae43d3`,
  '4883640effc1c0bf',
  '88c16196d07abe941054d444a8200595040b8166e084a62d1bffc05a839bd9ab77ad94e7821dd7f2e6c7b335dfdfcd5b3960d5af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007',
];
const responsesInFull = [
  `${size256}4803333032580770726976617465611d4d6f6e2c203231204f637420323031332032303a31333a323120474d546e1768747470733a2f2f7777772e6578616d706c652e636f6d`,
  '4803333037c1c0bf',
  '88c1611d4d6f6e2c203231204f637420323031332032303a31333a323220474d54c05a04677a69707738666f6f3d4153444a4b48514b425a584f5157454f50495541585157454f49553b206d61782d6167653d333630303b2076657273696f6e3d31',
];
const requestsInFull = [
  '828684410f7777772e6578616d706c652e636f6d',
  '828684be58086e6f2d6361636865',
  '828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565',
];

describe('RFC 7541, appendix C', () => {
  it.each([
    ['1.1', 10, '2a'],
    ['1.2', 1337, '3f9a0a'],
  ])('C.%s an integer: a table of %d octets is asked for', (_, size, block) => {
    const encoder = new Encoder();
    encoder.setTableSize(size);
    expect(encode(encoder, [])).toBe(block);
    expect(new Decoder().decode(octets(block))).toEqual([]);
  });

  it.each<[string, string, Field, Field[]]>([
    [
      'C.2.1 with indexing',
      '400a637573746f6d2d6b65790d637573746f6d2d686561646572',
      ['custom-key', 'custom-header'],
      [['custom-key', 'custom-header']],
    ],
    ['C.2.2 without indexing', '040c2f73616d706c652f70617468', [':path', '/sample/path'], []],
    ['C.2.3 never indexed', '100870617373776f726406736563726574', ['password', 'secret'], []],
    ['C.2.4 by its index', '82', [':method', 'GET'], []],
  ])('%s: a field', (_, block, field, table) => {
    const decoder = new Decoder();
    expect(decoder.decode(octets(block))).toEqual([field]);
    expect(tableOf(decoder)).toEqual(table);
  });

  it.each([
    ['C.3 requests in full', requestsInFull, requests, 4096],
    ['C.4 requests in Huffman code', huffmanRequests, requests, 4096],
    ['C.5 responses in full', responsesInFull, responses, 256],
    ['C.6 responses in Huffman code', huffmanResponses, responses, 256],
  ])('%s are decoded', (_, blocks, lists, size) => {
    const decoder = new Decoder(size);
    lists.forEach(([fields, table], i) => {
      expect(decoder.decode(octets(blocks[i] ?? ''))).toEqual(fields);
      expect(tableOf(decoder)).toEqual(table);
    });
  });

  it('C.4 requests are encoded', () => {
    const encoder = new Encoder();
    expect(requests.map(([fields]) => encode(encoder, fields))).toEqual(huffmanRequests);
  });

  it('C.6 the first response is encoded', () => {
    expect(encode(new Encoder(256), responses[0]?.[0] ?? [])).toBe(huffmanResponses[0]);
  });
});
