import type { ErrorName } from './frames/protocol';
import { block, frame, octets, RawPeer, respond, settings, uint32 } from './testing/raw-peer';
import { RecordingClient } from './testing/recording-client';

const [DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS] = [0, 1, 2, 3, 4];
const [PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION] = [5, 6, 7, 8, 9];
const [END_STREAM, END_HEADERS, PADDED, HAS_PRIORITY] = [1, 4, 8, 32];
const ACK = 1;

const ok = block([':status', '200']);
/** A response on the first stream that goes on, and one that is at its end. */
const begun = frame(HEADERS, END_HEADERS, 1, ok);
const answered = respond(1);
/** Streams that the client has not opened, and that only a server could. */
const idle = 3;
const even = 2;

type Rule = readonly [rule: string, frames: Buffer[]];

/** What ends the connection, while a request is under way on stream 1. */
const fatal: Partial<Record<ErrorName, Rule[]>> = {
  PROTOCOL_ERROR: [
    [
      '§4.3 another frame within a header block',
      [frame(HEADERS, 0, 1, ok), frame(PING, 0, 0, uint32(0).repeat(2))],
    ],
    ['§4.3 an unknown frame within a header block', [frame(HEADERS, 0, 1, ok), frame(99, 0, 1)]],
    [
      '§4.3 a header block of another stream',
      [frame(HEADERS, 0, 1, ok), frame(CONTINUATION, END_HEADERS, 3, '')],
    ],
    ['§5.1 DATA on an idle stream', [frame(DATA, END_STREAM, idle)]],
    ['§5.1 HEADERS on an idle stream', [respond(idle)]],
    ['§5.1 RST_STREAM on an idle stream', [frame(RST_STREAM, 0, idle, uint32(8))]],
    ['§5.1 WINDOW_UPDATE on an idle stream', [frame(WINDOW_UPDATE, 0, idle, uint32(1))]],
    ['§5.1.1 HEADERS on a stream that a server may not open', [respond(even)]],
    ['§5.1.1 DATA on a stream that a server may not open', [frame(DATA, END_STREAM, even)]],
    ['§6.1 DATA on stream 0', [frame(DATA, END_STREAM, 0, '00')]],
    ['§6.1 DATA with as much padding as payload', [begun, frame(DATA, PADDED, 1, '02 aa')]],
    ['§6.1 DATA with more padding than payload', [begun, frame(DATA, PADDED, 1, 'ff aa')]],
    ['§6.2 HEADERS on stream 0', [respond(0)]],
    [
      '§6.2 HEADERS with more padding than payload',
      [frame(HEADERS, END_HEADERS | PADDED, 1, '05 88')],
    ],
    [
      '§6.2 HEADERS whose padding reaches into the priority',
      [frame(HEADERS, END_HEADERS | PADDED | HAS_PRIORITY, 1, '02 0000000000 88')],
    ],
    ['§6.3 PRIORITY on stream 0', [frame(PRIORITY, 0, 0, '0000000000')]],
    ['§6.4 RST_STREAM on stream 0', [frame(RST_STREAM, 0, 0, uint32(8))]],
    ['§6.5 SETTINGS on a stream', [frame(SETTINGS, 0, 1)]],
    ['§6.5.2 SETTINGS_ENABLE_PUSH 1 from a server', [settings([2, 1])]],
    ['§6.5.2 SETTINGS_ENABLE_PUSH 2', [settings([2, 2])]],
    ['§6.5.2 SETTINGS_MAX_FRAME_SIZE below 16384', [settings([5, 16_383])]],
    ['§6.5.2 SETTINGS_MAX_FRAME_SIZE above 16777215', [settings([5, 2 ** 24])]],
    ['RFC 8441 §3 SETTINGS_ENABLE_CONNECT_PROTOCOL 2', [settings([8, 2])]],
    ['RFC 9218 §2.1 SETTINGS_NO_RFC7540_PRIORITIES 2', [settings([9, 2])]],
    [
      '§6.6 PUSH_PROMISE, which is switched off',
      [frame(PUSH_PROMISE, END_HEADERS, 1, Buffer.concat([octets('00000002'), ok]))],
    ],
    ['§6.7 PING on a stream', [frame(PING, 0, 1, uint32(0).repeat(2))]],
    ['§6.8 GOAWAY on a stream', [frame(GOAWAY, 0, 1, uint32(0).repeat(2))]],
    ['§6.9 WINDOW_UPDATE of 0 for the connection', [frame(WINDOW_UPDATE, 0, 0, uint32(0))]],
    ['§6.10 CONTINUATION of nothing', [frame(CONTINUATION, END_HEADERS, 1, ok)]],
    [
      '§6.10 CONTINUATION after the end of the block',
      [begun, frame(CONTINUATION, END_HEADERS, 1, ok)],
    ],
    [
      '§6.10 CONTINUATION on stream 0',
      [frame(HEADERS, 0, 1, ok), frame(CONTINUATION, END_HEADERS, 0)],
    ],
  ],
  FRAME_SIZE_ERROR: [
    ['§4.2 a frame above SETTINGS_MAX_FRAME_SIZE', [frame(DATA, 0, 1, Buffer.alloc(16_385))]],
    [
      '§4.2 an unknown frame above SETTINGS_MAX_FRAME_SIZE',
      [frame(99, 0, 1, Buffer.alloc(16_385))],
    ],
    ['§6.1 DATA without the length of its padding', [begun, frame(DATA, PADDED, 1)]],
    ['§6.2 HEADERS without the length of its padding', [frame(HEADERS, END_HEADERS | PADDED, 1)]],
    [
      '§6.2 HEADERS without the priority it announces',
      [frame(HEADERS, END_HEADERS | HAS_PRIORITY, 1, '00000000')],
    ],
    ['§6.4 RST_STREAM of 3 bytes', [frame(RST_STREAM, 0, 1, '000000')]],
    ['§6.4 RST_STREAM of 5 bytes', [frame(RST_STREAM, 0, 1, '0000000000')]],
    ['§6.5 SETTINGS of 5 bytes', [frame(SETTINGS, 0, 0, '0003000000')]],
    [
      '§6.5 an acknowledgement of SETTINGS with a payload',
      [frame(SETTINGS, ACK, 0, '000300000001')],
    ],
    ['§6.7 PING of 7 bytes', [frame(PING, 0, 0, '00000000000000')]],
    ['§6.7 PING of 9 bytes', [frame(PING, 0, 0, '000000000000000000')]],
    ['§6.8 GOAWAY of 7 bytes', [frame(GOAWAY, 0, 0, '00000000000000')]],
    ['§6.9 WINDOW_UPDATE of 3 bytes', [frame(WINDOW_UPDATE, 0, 0, '000001')]],
    ['§6.9 WINDOW_UPDATE of 5 bytes', [frame(WINDOW_UPDATE, 0, 1, '0000000001')]],
  ],
  FLOW_CONTROL_ERROR: [
    ['§6.5.2 SETTINGS_INITIAL_WINDOW_SIZE above 2^31-1', [settings([4, 2 ** 31])]],
    ['§6.9.1 a connection window above 2^31-1', [frame(WINDOW_UPDATE, 0, 0, uint32(2 ** 31 - 1))]],
    [
      '§6.9.2 a stream window above 2^31-1 by SETTINGS_INITIAL_WINDOW_SIZE',
      [frame(WINDOW_UPDATE, 0, 1, uint32(1000)), settings([4, 2 ** 31 - 1])],
    ],
  ],
  STREAM_CLOSED: [
    ['§5.1 HEADERS on a stream that was ended', [answered, respond(1)]],
    ['§5.1 DATA on a stream that was ended', [answered, frame(DATA, END_STREAM, 1, '00')]],
    ['§5.1 HEADERS on a stream that was reset', [frame(RST_STREAM, 0, 1, uint32(8)), respond(1)]],
    [
      '§5.1 DATA on a stream that was reset',
      [frame(RST_STREAM, 0, 1, uint32(8)), frame(DATA, 0, 1, '00')],
    ],
  ],
  COMPRESSION_ERROR: [
    ['§4.3 a header block that is none', [frame(HEADERS, END_HEADERS, 1, 'ff ff ff ff ff ff')]],
    ['§4.3 an index of no field', [frame(HEADERS, END_HEADERS, 1, 'fe')]],
    ['§4.3 a header block that is cut off', [frame(HEADERS, END_HEADERS, 1, '00 05 61')]],
    [
      '§4.3 a table above SETTINGS_HEADER_TABLE_SIZE',
      [frame(HEADERS, END_HEADERS, 1, '3f e2 1f 88')],
    ],
  ],
};

/** What ends the request on stream 1 and nothing else. */
const ofOneStream: Partial<Record<ErrorName, Rule[]>> = {
  PROTOCOL_ERROR: [
    ['§6.9 WINDOW_UPDATE of 0', [frame(WINDOW_UPDATE, 0, 1, uint32(0))]],
    ['§8.1 content before its head', [frame(DATA, END_STREAM, 1, '00')]],
    [
      '§8.1 content after an informational head only',
      [respond(1, '100', END_HEADERS), frame(DATA, END_STREAM, 1, '00')],
    ],
    ['§8.1 an informational head at the end', [respond(1, '103')]],
    ['§8.1 two heads', [begun, begun]],
    ['§8.1 trailers with a pseudo-header field', [begun, respond(1)]],
    ...malformed(
      '§8.1.1 less content than content-length',
      [':status', '200'],
      ['content-length', '5'],
    ),
    [
      '§8.1.1 more content than content-length',
      [
        frame(HEADERS, END_HEADERS, 1, block([':status', '200'], ['content-length', '1'])),
        frame(DATA, 0, 1, 'aabb'),
      ],
    ],
    ...malformed(
      '§8.1.1 two content-lengths',
      [':status', '200'],
      ['content-length', '0'],
      ['content-length', '1'],
    ),
    ...malformed(
      '§8.1.1 a content-length that is no number',
      [':status', '200'],
      ['content-length', '-0'],
    ),
    ...malformed('§8.2.1 a capital in a name', [':status', '200'], ['X-a', 'b']),
    ...malformed('§8.2.1 a blank in a name', [':status', '200'], ['x a', 'b']),
    ...malformed('§8.2.1 a colon in a name', [':status', '200'], ['x:a', 'b']),
    ...malformed('§8.2.1 an empty name', [':status', '200'], ['', 'b']),
    ...malformed('§8.2.1 a line feed in a value', [':status', '200'], ['x-a', 'a\nb']),
    ...malformed('§8.2.1 a carriage return in a value', [':status', '200'], ['x-a', 'a\rb']),
    ...malformed('§8.2.1 NUL in a value', [':status', '200'], ['x-a', 'a\0b']),
    ...malformed('§8.2.1 a blank before a value', [':status', '200'], ['x-a', ' b']),
    ...malformed('§8.2.1 a tab behind a value', [':status', '200'], ['x-a', 'b\t']),
    ...malformed('§8.2.2 connection', [':status', '200'], ['connection', 'close']),
    ...malformed('§8.2.2 keep-alive', [':status', '200'], ['keep-alive', '1']),
    ...malformed('§8.2.2 proxy-connection', [':status', '200'], ['proxy-connection', 'close']),
    ...malformed('§8.2.2 transfer-encoding', [':status', '200'], ['transfer-encoding', 'chunked']),
    ...malformed('§8.2.2 upgrade', [':status', '200'], ['upgrade', 'h2c']),
    ...malformed('§8.3 an unknown pseudo-header field', [':status', '200'], [':path', '/']),
    ...malformed('§8.3 a pseudo-header field behind others', ['x-a', 'b'], [':status', '200']),
    ...malformed('§8.3.2 no :status', ['x-a', 'b']),
    ...malformed('§8.3.2 no field at all'),
    ...malformed('§8.3.2 two :status', [':status', '200'], [':status', '200']),
    ...malformed('§8.3.2 a :status that is none', [':status', '2000']),
    ...malformed('§8.6 status 101', [':status', '101']),
  ],
  FRAME_SIZE_ERROR: [['§6.3 PRIORITY of 4 bytes', [frame(PRIORITY, 0, 1, '00000000')]]],
  FLOW_CONTROL_ERROR: [
    ['§6.9.1 a stream window above 2^31-1', [frame(WINDOW_UPDATE, 0, 1, uint32(2 ** 31 - 1))]],
  ],
};

/** What is legal, if odd: the request gets its answer. */
const tolerated: Rule[] = [
  ['§4.1 a frame of an unknown type', [frame(99, 255, 1, 'aabb'), frame(99, 0, 0), answered]],
  [
    '§4.1 flags that no frame has',
    [frame(PING, 0xfe, 0, uint32(0).repeat(2)), frame(HEADERS, 0x85, 1, ok)],
  ],
  ['§4.1 the reserved bit', [frame(HEADERS, 5, 0x8000_0001, ok)]],
  [
    '§5.1 WINDOW_UPDATE on a stream that was ended',
    [answered, frame(WINDOW_UPDATE, 0, 1, uint32(9))],
  ],
  ['§5.1 RST_STREAM on a stream that was ended', [answered, frame(RST_STREAM, 0, 1, uint32(0))]],
  [
    '§5.1 PRIORITY on a stream that was ended, and on an idle one',
    [answered, frame(PRIORITY, 0, 1, '0000000010'), frame(PRIORITY, 0, idle, '0000000010')],
  ],
  [
    '§6.1 DATA that is nothing but padding',
    [begun, frame(DATA, PADDED, 1, '02 0000'), frame(DATA, END_STREAM | PADDED, 1, '00')],
  ],
  [
    '§6.2 HEADERS with padding and priority',
    [frame(HEADERS, END_STREAM | END_HEADERS | PADDED | HAS_PRIORITY, 1, '02 80000003 ff 88 0000')],
  ],
  ['§6.3 PRIORITY', [frame(PRIORITY, 0, 1, '0000000110'), answered]],
  [
    '§6.5 an acknowledgement of SETTINGS that nobody waits for',
    [frame(SETTINGS, ACK, 0), answered],
  ],
  ['§6.5.2 an unknown setting', [settings([0x1234, 5], [0, 0]), answered]],
  [
    '§6.5.2 SETTINGS_ENABLE_PUSH 0, and the largest frames',
    [settings([2, 0], [5, 2 ** 24 - 1]), answered],
  ],
  ['§6.5.3 no setting', [settings(), answered]],
  [
    '§6.7 an answer to a PING that nobody sent',
    [frame(PING, ACK, 0, 'ffffffffffffffff'), answered],
  ],
  [
    '§6.10 a header block in many pieces, some empty',
    [
      frame(HEADERS, END_STREAM, 1),
      frame(CONTINUATION, 0, 1, ok.subarray(0, 2)),
      frame(CONTINUATION, 0, 1),
      frame(CONTINUATION, END_HEADERS, 1, ok.subarray(2)),
    ],
  ],
  [
    '§8.1 informational heads',
    [respond(1, '100', END_HEADERS), respond(1, '103', END_HEADERS), answered],
  ],
  [
    '§8.1 trailers',
    [begun, frame(HEADERS, END_STREAM | END_HEADERS, 1, block(['x-trailer', 'a']))],
  ],
  [
    '§8.1.1 content-length of an answer without content by definition',
    [frame(HEADERS, 5, 1, block([':status', '304'], ['content-length', '10']))],
  ],
];

describe('A client', () => {
  let peer: RawPeer;

  beforeAll(async () => {
    peer = await RawPeer.start();
  });

  afterAll(() => peer.stop());

  /** @returns a client with a request on stream 1, and the connection as its server has it */
  async function open() {
    const accepted = peer.accept();
    const client = new RecordingClient(peer.port);
    const server = await accepted;
    server.send(settings());
    await client.ready();
    const result = client.post();
    await server.request();
    return { client, server, result };
  }

  describe.each(Object.entries(fatal))('ends the connection with %s for', (code, rules) => {
    it.each(rules)('%s', async (_, frames) => {
      const { client, server, result } = await open();
      server.send(...frames);
      expect(await server.goAway()).toBe(code);
      expect(await client.end).toMatchObject({ by: 'protocol', code });
      await result;
    });
  });

  describe.each(Object.entries(ofOneStream))('resets a stream with %s for', (code, rules) => {
    it.each(rules)('%s', async (_, frames) => {
      const { client, server, result } = await open();
      server.send(...frames);
      expect(await server.reset()).toEqual([1, code]);
      expect(await result).toMatchObject({ why: 'reset' });

      const next = client.post();
      const { id } = await server.request();
      server.send(respond(id));
      expect(await next).toMatchObject({ status: 200 });
      client.connection.destroy();
    });
  });

  describe('takes', () => {
    it.each(tolerated)('%s', async (_, frames) => {
      const { client, server, result } = await open();
      server.send(...frames);
      expect(await result).toMatchObject({ status: expect.any(Number) as number });
      await server.roundTrip();
      client.connection.destroy();
    });
  });

  describe('refuses a peer that does not begin with SETTINGS (§3.4):', () => {
    it.each([
      ['but with another frame', frame(PING, 0, 0, uint32(0).repeat(2))],
      ['but with an acknowledgement of them', frame(SETTINGS, ACK, 0)],
      ['but speaks HTTP/1.1', Buffer.from('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n')],
    ])('%s', async (_, bytes) => {
      const accepted = peer.accept();
      const client = new RecordingClient(peer.port);
      const server = await accepted;
      server.send(bytes);
      expect(await server.goAway()).toBe('PROTOCOL_ERROR');
      expect(await client.end).toMatchObject({ by: 'protocol', code: 'PROTOCOL_ERROR' });
    });
  });
});

function malformed(rule: string, ...fields: (readonly [string, string])[]): Rule[] {
  return [[rule, [frame(HEADERS, END_STREAM | END_HEADERS, 1, block(...fields))]]];
}
