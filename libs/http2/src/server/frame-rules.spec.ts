import type { ErrorName } from '../frames/protocol';
import { AnsweringServer } from '../testing/answering-server';
import { block, frame, octets, RawConnection, settings, uint32 } from '../testing/raw-peer';

const [DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS] = [0, 1, 2, 3, 4];
const [PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION] = [5, 6, 7, 8, 9];
const [END_STREAM, END_HEADERS, PADDED, HAS_PRIORITY] = [1, 4, 8, 32];
const ACK = 1;
const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

type Fields = readonly (readonly [name: string, value: string])[];
type Rule = readonly [rule: string, frames: Buffer[]];

const to = (path: string): Fields => [
  [':method', 'POST'],
  [':scheme', 'http'],
  [':path', path],
];
const post = block(...to('/'));
/** A request with this head; without flags, all of it. */
const head = (id: number, fields: Fields = to('/'), flags = END_STREAM | END_HEADERS) =>
  frame(HEADERS, flags, id, block(...fields));
/** Requests on stream 1 that go on, that are whole and wait for their answer, and that are answered. */
const begun = head(1, to('/'), END_HEADERS);
const waiting = head(1, to('/wait'));
const answered = head(1);
const idle = 3;

/** What ends the connection. */
const fatal: Partial<Record<ErrorName, Rule[]>> = {
  PROTOCOL_ERROR: [
    [
      '§4.3 another frame within a header block',
      [frame(HEADERS, 0, 1, post), frame(PING, 0, 0, uint32(0).repeat(2))],
    ],
    ['§4.3 an unknown frame within a header block', [frame(HEADERS, 0, 1, post), frame(99, 0, 1)]],
    [
      '§4.3 a header block of another stream',
      [frame(HEADERS, 0, 1, post), frame(CONTINUATION, END_HEADERS, 3, '')],
    ],
    ['§5.1 DATA on an idle stream', [begun, frame(DATA, END_STREAM, idle)]],
    ['§5.1 RST_STREAM on an idle stream', [begun, frame(RST_STREAM, 0, idle, uint32(8))]],
    ['§5.1 WINDOW_UPDATE on an idle stream', [begun, frame(WINDOW_UPDATE, 0, idle, uint32(1))]],
    ['§5.1.1 HEADERS on a stream that a client may not open', [head(2)]],
    ['§5.1.1 DATA on a stream that a client may not open', [frame(DATA, END_STREAM, 2)]],
    ['§6.1 DATA on stream 0', [frame(DATA, END_STREAM, 0, '00')]],
    ['§6.1 DATA with as much padding as payload', [begun, frame(DATA, PADDED, 1, '02 aa')]],
    ['§6.2 HEADERS on stream 0', [head(0)]],
    [
      '§6.2 HEADERS with more padding than payload',
      [frame(HEADERS, END_HEADERS | PADDED, 1, '05 82')],
    ],
    ['§6.3 PRIORITY on stream 0', [frame(PRIORITY, 0, 0, '0000000000')]],
    ['§6.4 RST_STREAM on stream 0', [frame(RST_STREAM, 0, 0, uint32(8))]],
    ['§6.5 SETTINGS on a stream', [frame(SETTINGS, 0, 1)]],
    ['§6.5.2 SETTINGS_ENABLE_PUSH 2', [settings([2, 2])]],
    ['§6.5.2 SETTINGS_MAX_FRAME_SIZE below 16384', [settings([5, 16_383])]],
    ['§6.5.2 SETTINGS_MAX_FRAME_SIZE above 16777215', [settings([5, 2 ** 24])]],
    [
      '§6.6 PUSH_PROMISE of a client',
      [begun, frame(PUSH_PROMISE, END_HEADERS, 1, Buffer.concat([octets('00000002'), post]))],
    ],
    ['§6.7 PING on a stream', [frame(PING, 0, 1, uint32(0).repeat(2))]],
    ['§6.8 GOAWAY on a stream', [frame(GOAWAY, 0, 1, uint32(0).repeat(2))]],
    ['§6.9 WINDOW_UPDATE of 0 for the connection', [frame(WINDOW_UPDATE, 0, 0, uint32(0))]],
    ['§6.10 CONTINUATION of nothing', [begun, frame(CONTINUATION, END_HEADERS, 1, post)]],
  ],
  FRAME_SIZE_ERROR: [
    [
      '§4.2 a frame above SETTINGS_MAX_FRAME_SIZE',
      [begun, frame(DATA, 0, 1, Buffer.alloc(16_385))],
    ],
    [
      '§4.2 an unknown frame above SETTINGS_MAX_FRAME_SIZE',
      [frame(99, 0, 1, Buffer.alloc(16_385))],
    ],
    ['§6.1 DATA without the length of its padding', [begun, frame(DATA, PADDED, 1)]],
    [
      '§6.2 HEADERS without the priority it announces',
      [frame(HEADERS, END_HEADERS | HAS_PRIORITY, 1, '00000000')],
    ],
    ['§6.4 RST_STREAM of 3 bytes', [begun, frame(RST_STREAM, 0, 1, '000000')]],
    ['§6.5 SETTINGS of 5 bytes', [frame(SETTINGS, 0, 0, '0003000000')]],
    [
      '§6.5 an acknowledgement of SETTINGS with a payload',
      [frame(SETTINGS, ACK, 0, '000300000001')],
    ],
    ['§6.7 PING of 7 bytes', [frame(PING, 0, 0, '00000000000000')]],
    ['§6.8 GOAWAY of 7 bytes', [frame(GOAWAY, 0, 0, '00000000000000')]],
    ['§6.9 WINDOW_UPDATE of 3 bytes', [frame(WINDOW_UPDATE, 0, 0, '000001')]],
  ],
  FLOW_CONTROL_ERROR: [
    ['§6.5.2 SETTINGS_INITIAL_WINDOW_SIZE above 2^31-1', [settings([4, 2 ** 31])]],
    ['§6.9.1 a connection window above 2^31-1', [frame(WINDOW_UPDATE, 0, 0, uint32(2 ** 31 - 1))]],
    [
      '§6.9.2 a stream window above 2^31-1 by SETTINGS_INITIAL_WINDOW_SIZE',
      [waiting, frame(WINDOW_UPDATE, 0, 1, uint32(1000)), settings([4, 2 ** 31 - 1])],
    ],
  ],
  STREAM_CLOSED: [
    ['§5.1 HEADERS on a stream that was answered', [answered, head(1)]],
    ['§5.1 DATA on a stream that was answered', [answered, frame(DATA, END_STREAM, 1, '00')]],
    ['§5.1 HEADERS on a stream that was reset', [begun, frame(RST_STREAM, 0, 1, uint32(8)), begun]],
    ['§5.1 DATA on a stream that was passed over', [head(3), frame(DATA, END_STREAM, 1, '00')]],
  ],
  COMPRESSION_ERROR: [
    ['§4.3 a header block that is none', [frame(HEADERS, END_HEADERS, 1, 'ff ff ff ff ff ff')]],
    ['§4.3 an index of no field', [frame(HEADERS, END_HEADERS, 1, 'fe')]],
    ['§4.3 a header block that is cut off', [frame(HEADERS, END_HEADERS, 1, '00 05 61')]],
    [
      '§4.3 a table above SETTINGS_HEADER_TABLE_SIZE',
      [frame(HEADERS, END_HEADERS, 1, '3f e2 1f 82')],
    ],
  ],
};

/** What ends the request on stream 1 and nothing else. */
const ofOneStream: Partial<Record<ErrorName, Rule[]>> = {
  STREAM_CLOSED: [
    ['§5.1 DATA behind the end', [waiting, frame(DATA, END_STREAM, 1, '00')]],
    ['§5.1 HEADERS behind the end', [waiting, head(1)]],
  ],
  PROTOCOL_ERROR: [
    ['§6.9 WINDOW_UPDATE of 0', [waiting, frame(WINDOW_UPDATE, 0, 1, uint32(0))]],
    ['§8.1 two heads', [begun, begun]],
    ['§8.1 trailers with a pseudo-header field', [begun, head(1)]],
    malformed('§8.1.1 less content than content-length', ...to('/'), ['content-length', '5']),
    [
      '§8.1.1 more content than content-length',
      [
        head(1, [...to('/'), ['content-length', '1']], END_HEADERS),
        frame(DATA, END_STREAM, 1, 'aabb'),
      ],
    ],
    malformed('§8.2.1 a capital in a name', ...to('/'), ['X-a', 'b']),
    malformed('§8.2.1 an empty name', ...to('/'), ['', 'b']),
    malformed('§8.2.1 a line feed in a value', ...to('/'), ['x-a', 'a\nb']),
    malformed('§8.2.1 a line feed in a path', ...to('/\n')),
    malformed('§8.2.2 connection', ...to('/'), ['connection', 'close']),
    malformed('§8.2.2 transfer-encoding', ...to('/'), ['transfer-encoding', 'chunked']),
    malformed('§8.2.2 te that is not trailers', ...to('/'), ['te', 'gzip']),
    malformed('§8.3 an unknown pseudo-header field', ...to('/'), [':status', '200']),
    malformed('§8.3 a pseudo-header field behind others', ...to('/'), ['a', 'b'], [':path', '/']),
    malformed('§8.3 two :path', ...to('/'), [':path', '/']),
    malformed('§8.3.1 no :method', ...to('/').slice(1)),
    malformed('§8.3.1 no :path', ...to('/').slice(0, 2)),
    malformed('§8.3.1 an empty :path', ...to('')),
    malformed('§8.3.1 no field at all'),
  ],
  FRAME_SIZE_ERROR: [['§6.3 PRIORITY of 4 bytes', [waiting, frame(PRIORITY, 0, 1, '00000000')]]],
  FLOW_CONTROL_ERROR: [
    [
      '§6.9.1 a stream window above 2^31-1',
      [waiting, frame(WINDOW_UPDATE, 0, 1, uint32(2 ** 31 - 1))],
    ],
  ],
};

/** What is legal, if odd: a request on stream 1 gets its answer. */
const tolerated: Rule[] = [
  ['§4.1 a frame of an unknown type', [frame(99, 255, 1, 'aabb'), frame(99, 0, 0), answered]],
  ['§4.1 the reserved bit', [frame(HEADERS, 5, 0x8000_0001, post)]],
  ['§5.1 WINDOW_UPDATE on an answered stream', [answered, frame(WINDOW_UPDATE, 0, 1, uint32(9))]],
  ['§5.1 RST_STREAM on an answered stream', [answered, frame(RST_STREAM, 0, 1, uint32(0))]],
  [
    '§5.1 PRIORITY on streams that are answered or idle, and of the wrong size on an idle one',
    [
      answered,
      frame(PRIORITY, 0, 1, '0000000010'),
      frame(PRIORITY, 0, idle, '0000000010'),
      frame(PRIORITY, 0, idle, '00000000'),
    ],
  ],
  [
    '§6.1 DATA with padding, and some that is nothing else',
    [begun, frame(DATA, PADDED, 1, '02 0000'), frame(DATA, END_STREAM | PADDED, 1, '01 61 00')],
  ],
  [
    '§6.2 HEADERS with padding and priority',
    [
      frame(
        HEADERS,
        END_STREAM | END_HEADERS | PADDED | HAS_PRIORITY,
        1,
        Buffer.concat([octets('02 80000003 ff'), post, octets('0000')]),
      ),
    ],
  ],
  ['§6.5 an acknowledgement that nobody waits for', [frame(SETTINGS, ACK, 0), answered]],
  ['§6.5.2 an unknown setting', [settings([0x1234, 5], [0, 0]), answered]],
  ['§6.5.2 SETTINGS_ENABLE_PUSH 1 of a client', [settings([2, 1]), answered]],
  [
    '§6.10 a header block in many pieces, some empty',
    [
      frame(HEADERS, END_STREAM, 1),
      frame(CONTINUATION, 0, 1, post.subarray(0, 2)),
      frame(CONTINUATION, 0, 1),
      frame(CONTINUATION, END_HEADERS, 1, post.subarray(2)),
    ],
  ],
  ['§8.1 trailers', [begun, head(1, [['x-trailer', 'a']])]],
  ['§8.2.2 te: trailers', [head(1, [...to('/'), ['te', 'trailers']])]],
];

describe('A server', () => {
  let server: AnsweringServer;

  beforeAll(async () => {
    server = await AnsweringServer.start();
  });

  afterAll(() => server.stop());

  describe.each(Object.entries(fatal))('ends the connection with %s for', (code, rules) => {
    it.each(rules)('%s', async (_, frames) => {
      const client = await RawConnection.connect(server.port);
      client.send(...frames);
      expect(await client.goAway()).toBe(code);
      await client.ended();
    });
  });

  describe.each(Object.entries(ofOneStream))('resets a stream with %s for', (code, rules) => {
    it.each(rules)('%s', async (_, frames) => {
      const client = await RawConnection.connect(server.port);
      client.send(...frames);
      expect(await client.reset()).toEqual([1, code]);
      client.send(head(3));
      expect(await client.request()).toMatchObject({ id: 3, fields: { ':status': '200' } });
      client.socket.destroy();
    });
  });

  it('refuses streams above its limit with REFUSED_STREAM, and takes as many again (§5.1.2)', async () => {
    const client = await RawConnection.connect(server.port);
    const ids = [1, 3, 5, 7, 9];
    client.send(...ids.map((id) => head(id, to('/wait'))));
    expect(await client.reset()).toEqual([9, 'REFUSED_STREAM']);
    server.connection?.answer(3, 404, {}, '');
    client.send(head(11));
    expect(await client.request()).toMatchObject({ id: 3, fields: { ':status': '404' } });
    expect(await client.request()).toMatchObject({ id: 11 });
    client.socket.destroy();
  });

  describe('takes', () => {
    it.each(tolerated)('%s', async (_, frames) => {
      const client = await RawConnection.connect(server.port);
      client.send(...frames);
      expect(await client.request()).toMatchObject({ id: 1, fields: { ':status': '200' } });
      await client.roundTrip();
      client.socket.destroy();
    });
  });

  describe('refuses a client that does not begin with preface and SETTINGS (§3.4):', () => {
    it.each([
      ['but with HTTP/1.1', Buffer.from('POST / HTTP/1.1\r\nHost: localhost\r\n\r\n')],
      ['but with SETTINGS alone', settings()],
      ['but with the preface and a request', Buffer.concat([preface, head(1)])],
      [
        'but with the preface and an acknowledgement of SETTINGS',
        Buffer.concat([preface, frame(SETTINGS, ACK, 0)]),
      ],
    ])('%s', async (_, hello) => {
      const client = await RawConnection.connect(server.port, hello);
      expect(await client.goAway()).toBe('PROTOCOL_ERROR');
      await client.ended();
    });
  });

  describe('leaves a client with ENHANCE_YOUR_CALM that floods it (§10.5) with', () => {
    const many = (one: Buffer, count = 20_000) => Buffer.concat(Array<Buffer>(count).fill(one));

    it.each([
      ['SETTINGS', many(settings())],
      ['PING', many(frame(PING, 0, 0, uint32(0).repeat(2)))],
      ['PRIORITY', many(frame(PRIORITY, 0, 1, '0000000000'))],
      ['unknown frames', many(frame(99, 0, 0))],
      ['WINDOW_UPDATE', Buffer.concat([waiting, many(frame(WINDOW_UPDATE, 0, 1, uint32(1)))])],
      [
        'RST_STREAM on a closed stream',
        Buffer.concat([answered, many(frame(RST_STREAM, 0, 1, uint32(0)))]),
      ],
      ['empty DATA', Buffer.concat([begun, many(frame(DATA, 0, 1))])],
      [
        'empty CONTINUATION',
        Buffer.concat([frame(HEADERS, 0, 1), many(frame(CONTINUATION, 0, 1))]),
      ],
      [
        'a header block without end',
        Buffer.concat([
          frame(HEADERS, 0, 1, post),
          many(frame(CONTINUATION, 0, 1, Buffer.alloc(9_000)), 5),
        ]),
      ],
      [
        'more header fields than it takes',
        head(1, [...to('/'), ...Array<[string, string]>(1_000).fill(['x', 'y'])]),
      ],
    ])('%s', async (_, frames) => {
      const client = await RawConnection.connect(server.port);
      client.send(frames);
      expect(await client.goAway()).toBe('ENHANCE_YOUR_CALM');
      await client.ended();
    });
  });
});

/** A request of these fields and no content. */
function malformed(rule: string, ...fields: Fields): Rule {
  return [rule, [head(1, fields)]];
}
