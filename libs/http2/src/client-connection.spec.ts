import {
  block,
  frame,
  octets,
  RawPeer,
  respond,
  settings,
  uint32,
  type RawConnection,
} from './testing/raw-peer';
import { RecordingClient, type RecordingOptions } from './testing/recording-client';

const [DATA, HEADERS, RST_STREAM, SETTINGS] = [0, 1, 3, 4];
const [PING, GOAWAY] = [6, 7];
const [END_STREAM, END_HEADERS] = [1, 4];
const [headerTableSize, maxConcurrentStreams, maxHeaderListSize] = [1, 3, 6];

const goAway = (lastId: number, code = 0, debugData = '') =>
  frame(
    GOAWAY,
    0,
    0,
    Buffer.concat([octets(uint32(lastId) + uint32(code)), Buffer.from(debugData)]),
  );

describe('A connection', () => {
  let peer: RawPeer;
  let client: RecordingClient;
  let server: RawConnection;

  beforeAll(async () => {
    peer = await RawPeer.start();
  });

  afterEach(() => {
    client.connection.destroy();
  });

  afterAll(() => peer.stop());

  async function open(hello = settings(), options: RecordingOptions = {}): Promise<void> {
    const accepted = peer.accept();
    client = new RecordingClient(peer.port, options);
    server = await accepted;
    server.send(hello);
    await client.ready();
  }

  it('begins with the preface and SETTINGS that switch push off (§3.4)', async () => {
    await open();
    const { type, flags, payload } = await server.take(() => true);
    expect([type, flags]).toEqual([SETTINGS, 0]);
    expect(payload.toString('hex')).toContain('000200000000');
  });

  it('acknowledges SETTINGS in their order, before it goes by them (§6.5.3)', async () => {
    await open();
    await server.take(({ type, flags }) => type === SETTINGS && flags === 1);
    server.send(settings([maxConcurrentStreams, 7]), settings([maxConcurrentStreams, 3]));
    for (let i = 0; i < 2; i++)
      await server.take(({ type, flags }) => type === SETTINGS && flags === 1);
    expect(client.limits).toEqual([Infinity, 7, 3]);
  });

  it('sends pseudo-header fields first, whichever of the two records has them (§8.3)', async () => {
    await open();
    void client.post('', { 'x-own': '1', ':path': '/there' });
    const { flags, fields } = await server.request();
    expect(flags).toBe(END_STREAM | END_HEADERS);
    expect(fields).toEqual({
      ':method': 'POST',
      ':scheme': 'http',
      ':authority': `localhost:${peer.port}`,
      ':path': '/there',
      'x-own': '1',
    });
    expect(Object.keys(fields).at(-1)).toBe('x-own');
  });

  it('gives a body with its text as UTF-8', async () => {
    await open();
    void client.post('Žluťoučký kůň');
    const { payload, flags } = await server.takeType('data');
    expect([payload.toString(), flags]).toEqual(['Žluťoučký kůň', END_STREAM]);
  });

  it('cuts a large header block into CONTINUATION (§4.3)', async () => {
    await open();
    const value = '\x7f'.replace('\x7f', '~').repeat(30_000);
    void client.post('', { ':path': '/', 'x-large': value });
    const pieces = [await server.takeType('headers'), await server.takeType('continuation')];
    expect(pieces.map(({ flags }) => flags)).toEqual([END_STREAM, END_HEADERS]);
    expect(pieces[0]?.payload.length).toBe(16_384);
    server.send(respond(1));
    await server.roundTrip();
  });

  it('refuses a request that no field may be in, or that has more than the peer takes', async () => {
    await open(settings([maxHeaderListSize, 300]));
    const post = (own: Record<string, string>) => expect(client.post('', own)).rejects;
    await post({ ':path': '/\n' }).toThrow('A character that no field has, in :path');
    await post({ ':path': '/', 'x-a': '✓' }).toThrow('A character that no field has, in x-a');
    await post({ ':path': '/'.repeat(300) }).toThrow(/fields of \d+ bytes/);
    void client.post('', { ':path': '/fine' });
    expect((await server.request()).fields[':path']).toBe('/fine');
  });

  it('goes by the size of the peer’s table, also when that changes (§6.5.2)', async () => {
    await open(settings([headerTableSize, 0]));
    const own = { ':path': '/', 'x-repeated': 'a'.repeat(100) };
    void client.post('', own);
    expect((await server.request()).fields).toMatchObject(own);
    server.send(settings([headerTableSize, 4096]));
    await server.roundTrip();
    for (let i = 0; i < 3; i++) {
      void client.post('', own);
      expect((await server.request()).fields).toMatchObject(own);
    }
    // Room for the authority alone, then for all.
    server.send(settings([headerTableSize, 60], [headerTableSize, 200]));
    await server.roundTrip();
    for (let i = 0; i < 3; i++) {
      void client.post('', own);
      expect((await server.request()).fields).toMatchObject(own);
    }
  });

  it('hands on the response: its status, its fields, its content', async () => {
    await open();
    const result = client.post();
    await server.request();
    server.send(
      respond(1, '103', END_HEADERS),
      frame(HEADERS, END_HEADERS, 1, block([':status', '410'], ['retry-after', '5'])),
      frame(DATA, 0, 1, '61 62'),
      frame(DATA, 0, 1, '63'),
      frame(HEADERS, END_STREAM | END_HEADERS, 1, block(['x-trailer', 'd'])),
    );
    expect(await result).toEqual({
      status: 410,
      body: 'abc',
      fields: [
        [':status', '410'],
        ['retry-after', '5'],
      ],
    });
  });

  it('reads frames in whatever pieces they come', async () => {
    await open();
    const results = [client.post(), client.post(), client.post()];
    await server.requests(results.length);
    const bytes = Buffer.concat([
      respond(1),
      respond(3, '200', END_HEADERS),
      frame(DATA, END_STREAM, 3, Buffer.alloc(300, 'x')),
      respond(5, '404'),
    ]);
    for (const byte of bytes) {
      server.socket.write(Buffer.of(byte));
      await server.written();
    }
    expect(await Promise.all(results)).toMatchObject([
      { status: 200, body: '' },
      { status: 200, body: 'x'.repeat(300) },
      { status: 404 },
    ]);
  });

  it('takes a refused stream as unprocessed (§8.7), unless its answer has begun', async () => {
    await open();
    const refused = client.post();
    const impossible = client.post();
    await server.request();
    server.send(
      frame(RST_STREAM, 0, 1, uint32(7)),
      respond(3, '200', END_HEADERS),
      frame(RST_STREAM, 0, 3, uint32(7)),
    );
    expect(await refused).toEqual({ why: 'unprocessed' });
    expect(await impossible).toEqual({ why: 'reset', detail: 'error code 7' });
  });

  it('ignores what still comes for a stream that it cancelled, but keeps the table (§5.1, §4.3)', async () => {
    await open();
    const { id } = client.postCancellable();
    await server.request();
    client.connection.cancel(id);
    expect(await server.reset()).toEqual([1, 'CANCEL']);
    const indexed = Buffer.concat([
      octets('88 40 03'),
      Buffer.from('x-a'),
      octets('01'),
      Buffer.from('b'),
    ]);
    server.send(frame(HEADERS, END_HEADERS, 1, indexed), frame(DATA, END_STREAM, 1, '00'));
    const result = client.post();
    const { id: next } = await server.request();
    server.send(frame(HEADERS, END_STREAM | END_HEADERS, next, '88 be'));
    expect(await result).toMatchObject({
      fields: [
        [':status', '200'],
        ['x-a', 'b'],
      ],
    });
  });

  it('answers a PING with the same bytes, and is told of the answer to its own (§6.7)', async () => {
    await open();
    server.send(frame(PING, 0, 0, '0102030405060708'));
    const pong = await server.takeType('ping');
    expect([pong.flags, pong.payload.toString('hex')]).toEqual([1, '0102030405060708']);
    const answered = new Promise<void>((resolve) => {
      client.connection.ping(resolve);
    });
    const { payload } = await server.takeType('ping');
    server.send(frame(PING, 1, 0, payload));
    await answered;
  });

  it('gives back what is after the last stream of GOAWAY, and waits for the rest (§6.8)', async () => {
    await open();
    const results = [client.post(), client.post(), client.post()];
    await server.requests(results.length);
    server.send(goAway(2 ** 31 - 1));
    await server.roundTrip();
    expect(client.connection.ready).toBe(false);
    server.send(goAway(3, 0, '{"reason":"Shutdown"}'));
    expect(await results[2]).toEqual({ why: 'unprocessed' });
    server.send(respond(1), respond(3));
    expect(await Promise.all(results.slice(0, 2))).toMatchObject([
      { status: 200 },
      { status: 200 },
    ]);
    expect(client.goAways).toEqual([
      { code: 0, debugData: '' },
      { code: 0, debugData: '{"reason":"Shutdown"}' },
    ]);
    expect(await server.goAway()).toBe('NO_ERROR');
    expect(await client.end).toEqual({ by: 'us' });
  });

  it('is over with a GOAWAY that has an error; what was not after its last stream is in doubt', async () => {
    await open();
    const results = [client.post(), client.post()];
    await server.requests(results.length);
    server.send(goAway(1, 11, 'too_many_pings'));
    expect(await Promise.all(results)).toEqual([{ why: 'closed' }, { why: 'unprocessed' }]);
    expect(await client.end).toEqual({ by: 'goAway' });
    expect(client.goAways).toEqual([{ code: 11, debugData: 'too_many_pings' }]);
  });

  it('knows that what it never wrote was not processed', async () => {
    await open();
    const written = client.post();
    await server.request();
    const unwritten = client.post();
    client.connection.destroy();
    expect(await Promise.all([written, unwritten])).toEqual([
      { why: 'closed' },
      { why: 'unprocessed' },
    ]);
  });

  it('retires before its stream ids are used up (§5.1.1)', async () => {
    await open(settings(), { firstStreamId: 2 ** 31 - 3 });
    const result = [client.post(), client.post()];
    expect(client.connection.ready).toBe(false);
    expect(client.goAways).toEqual([undefined]);
    await server.request();
    const { id } = await server.request();
    expect(id).toBe(2 ** 31 - 1);
    server.send(respond(2 ** 31 - 3), respond(2 ** 31 - 1));
    expect(await Promise.all(result)).toMatchObject([{ status: 200 }, { status: 200 }]);
    expect(await client.end).toEqual({ by: 'us' });
  });

  it('closes in good order once the last answer is there', async () => {
    await open();
    const result = client.post();
    client.connection.close();
    await server.request();
    server.send(respond(1));
    expect(await result).toMatchObject({ status: 200 });
    expect(await server.goAway()).toBe('NO_ERROR');
    expect(await client.end).toEqual({ by: 'us' });
  });

  it('closes before it is open', async () => {
    client = new RecordingClient(peer.port);
    client.connection.close();
    expect(await client.end).toEqual({ by: 'us' });
  });

  it('is over when the peer closes its side', async () => {
    await open();
    const result = client.post();
    await server.request();
    server.socket.end();
    expect(await result).toEqual({ why: 'closed' });
    expect(await client.end).toEqual({ by: 'socket', error: undefined });
  });

  it('tries all addresses of a name', async () => {
    const accepted = peer.accept();
    client = new RecordingClient(peer.port, { host: 'localhost' });
    (await accepted).send(settings());
    await client.ready();
  });

  describe('leaves a peer with ENHANCE_YOUR_CALM that floods it (§10.5) with', () => {
    const many = (one: Buffer, count = 20_000) => Buffer.concat(Array<Buffer>(count).fill(one));
    const ok = block([':status', '200']);

    it.each([
      ['SETTINGS', many(settings())],
      [
        'settings in a few SETTINGS',
        many(settings(...Array<[number, number]>(2_000).fill([4, 9])), 10),
      ],
      ['PING', many(frame(PING, 0, 0, uint32(0).repeat(2)))],
      ['PRIORITY', many(frame(2, 0, 1, '0000000000'))],
      ['unknown frames', many(frame(99, 0, 0))],
      ['WINDOW_UPDATE', many(frame(8, 0, 1, uint32(1)))],
      [
        'RST_STREAM on a closed stream',
        Buffer.concat([respond(1), many(frame(RST_STREAM, 0, 1, uint32(0)))]),
      ],
      ['empty DATA', Buffer.concat([respond(1, '200', END_HEADERS), many(frame(DATA, 0, 1))])],
      [
        'DATA that is padding',
        Buffer.concat([respond(1, '200', END_HEADERS), many(frame(DATA, 8, 1, '00'))]),
      ],
      ['informational heads', many(respond(1, '103', END_HEADERS))],
      ['empty CONTINUATION', Buffer.concat([frame(HEADERS, 0, 1), many(frame(9, 0, 1))])],
      [
        'a header block without end',
        Buffer.concat([frame(HEADERS, 0, 1, ok), many(frame(9, 0, 1, Buffer.alloc(9_000)), 5)]),
      ],
      [
        'more header fields than it takes',
        frame(
          HEADERS,
          5,
          1,
          block([':status', '200'], ...Array<[string, string]>(1_000).fill(['x', 'y'])),
        ),
      ],
    ])('%s', async (_, frames) => {
      await open();
      const result = client.post();
      await server.request();
      server.send(frames);
      expect(await server.goAway()).toBe('ENHANCE_YOUR_CALM');
      expect(await client.end).toMatchObject({ by: 'protocol', code: 'ENHANCE_YOUR_CALM' });
      await result;
    });
  });

  it('takes any number of such frames that come with requests', async () => {
    await open();
    for (let i = 0; i < 300; i++) {
      const results = Array.from({ length: 10 }, () => client.post());
      await server.requests(results.length);
      const frames = results.flatMap((_, j) => {
        const id = (i * 10 + j) * 2 + 1;
        return [...Array<Buffer>(8).fill(frame(8, 0, 0, uint32(1))), respond(id)];
      });
      server.send(...frames);
      await Promise.all(results);
    }
  });
});
