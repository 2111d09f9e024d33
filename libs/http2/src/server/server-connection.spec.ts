import { Duplex } from 'node:stream';
import { AnsweringServer } from '../testing/answering-server';
import { block, frame, RawConnection, settings, uint32 } from '../testing/raw-peer';
import { RecordingClient } from '../testing/recording-client';
import { ServerConnection } from './server-connection';

const [DATA, HEADERS, RST_STREAM, GOAWAY, WINDOW_UPDATE] = [0, 1, 3, 7, 8];
const [END_STREAM, END_HEADERS] = [1, 4];
const initialWindow = 4;
const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
const fields = (path: string) =>
  block([':method', 'POST'], [':scheme', 'http'], [':path', path], ['x-a', 'b']);
const get = (id: number, path = '/') => frame(HEADERS, END_STREAM | END_HEADERS, id, fields(path));
const post = (id: number, path = '/') => frame(HEADERS, END_HEADERS, id, fields(path));
const data = (id: number, text: string, flags = END_STREAM) =>
  frame(DATA, flags, id, Buffer.from(text));

describe('The server’s side of a connection', () => {
  let server: AnsweringServer;

  beforeEach(async () => {
    server = await AnsweringServer.start();
  });

  afterEach(() => server.stop());

  it('answers the client’s side: with content, without, and much of it', async () => {
    const client = new RecordingClient(server.port);
    await client.ready();
    expect(client.limits).toEqual([4]);
    const bodies = ['', 'a', 'Žluťoučký kůň', 'x'.repeat(60_000)];
    const results = await Promise.all(bodies.map((body) => client.post(body)));
    expect(results).toEqual(
      bodies.map((body) => ({
        status: 200,
        fields: [[':status', '200']],
        body: Buffer.from(body).toString('latin1'),
      })),
    );
    client.connection.destroy();
  });

  it('tells of a request its line, its fields, and its content in whatever pieces it comes', async () => {
    const client = await RawConnection.connect(server.port, preface.subarray(0, 5));
    const rest = [preface.subarray(5), settings(), post(1), data(1, 'ab', 0), data(1, 'c')];
    for (const byte of Buffer.concat(rest)) {
      client.send(Buffer.of(byte));
      await client.written();
    }
    await client.request();
    expect(server.requests).toEqual([
      {
        id: 1,
        method: 'POST',
        path: '/',
        fields: [['x-a', 'b']],
        content: 'abc',
        contentBytes: 3,
      },
    ]);
    client.socket.destroy();
  });

  it('keeps 64 KiB of a content, counts the rest, and gives the windows back meanwhile', async () => {
    const client = await RawConnection.connect(server.port);
    const piece = 'x'.repeat(16_384);
    client.send(post(1, '/wait'));
    for (let i = 0; i < 100; i++) client.send(data(1, piece, 0));
    client.send(data(1, ''));
    await client.roundTrip(true);
    const widened = client.frames.filter(({ type }) => type === WINDOW_UPDATE);
    expect(widened.filter(({ id }) => id === 1).length).toBeGreaterThan(10);
    // Beside the first one, by which the connection's window becomes 1 MiB.
    expect(widened.filter(({ id }) => id === 0).length).toBeGreaterThan(2);
    const [request] = server.requests;
    expect([request?.content.length, request?.contentBytes]).toEqual([65_536, 1_638_400]);
    client.socket.destroy();
  });

  it('sends content within the windows of its client', async () => {
    const hello = Buffer.concat([preface, settings([initialWindow, 10])]);
    const client = await RawConnection.connect(server.port, hello);
    client.send(post(1), data(1, 'x'.repeat(25)));
    const sent = async () => {
      await client.roundTrip(true);
      return client.frames
        .splice(0)
        .filter(({ type }) => type === DATA)
        .map(({ payload, flags }) => [payload.length, flags]);
    };
    expect(await sent()).toEqual([[10, 0]]);
    client.send(frame(WINDOW_UPDATE, 0, 1, uint32(5)));
    expect(await sent()).toEqual([[5, 0]]);
    client.send(settings([initialWindow, 100]));
    expect(await sent()).toEqual([[10, END_STREAM]]);
    client.socket.destroy();
  });

  it('does nothing for a request that its client has given up', async () => {
    const client = await RawConnection.connect(server.port);
    client.send(get(1, '/wait'), frame(RST_STREAM, 0, 1, uint32(8)));
    await client.roundTrip();
    server.connection?.answer(1, 200, {}, 'late');
    server.connection?.reset(1, 'CANCEL');
    client.send(get(3));
    expect(await client.request()).toMatchObject({ id: 3 });
    client.socket.destroy();
  });

  it('resets a stream instead of an answer', async () => {
    const client = await RawConnection.connect(server.port);
    client.send(get(1, '/wait'));
    await client.roundTrip();
    server.connection?.reset(1, 'INTERNAL_ERROR');
    expect(await client.reset()).toEqual([1, 'INTERNAL_ERROR']);
    client.socket.destroy();
  });

  it('goes away in good order: what was whole is answered, what came later is ignored, and then it ends', async () => {
    const client = await RawConnection.connect(server.port);
    client.send(get(1, '/wait'), post(3), get(5, '/wait'), post(7));
    await client.roundTrip();
    server.connection?.goAway('NO_ERROR', '{"reason":"Shutdown"}');
    const { payload } = await client.takeType('goAway');
    expect([payload.readUInt32BE(0), payload.readUInt32BE(4)]).toEqual([5, 0]);
    expect(payload.toString('utf8', 8)).toBe('{"reason":"Shutdown"}');
    client.send(data(7, 'late'), get(9), data(3, 'in time'));
    expect(await client.request()).toMatchObject({ id: 3 });
    server.connection?.answer(1, 200, {}, '');
    server.connection?.answer(5, 200, {}, '');
    expect((await client.request()).id + (await client.request()).id).toBe(6);
    await client.ended();
    expect(server.requests.map(({ id }) => id)).toEqual([1, 5, 3]);
  });

  it('ends with a client that goes away, once all is answered', async () => {
    const client = await RawConnection.connect(server.port);
    client.send(get(1, '/wait'), frame(GOAWAY, 0, 0, uint32(0).repeat(2)));
    await client.roundTrip();
    server.connection?.answer(1, 200, {}, '');
    expect(await client.request()).toMatchObject({ id: 1 });
    await client.ended();
  });

  it('leaves a client that sends and does not read, with a few megabytes for it in hand', () => {
    let written = 0;
    const socket = new Duplex({
      read: () => undefined,
      write: (chunk: Buffer) => (written += chunk.length), // and never more
    });
    const headers = { 'x-a': 'x'.repeat(4_000) };
    const options = { maxConcurrentStreams: 1, indexing: () => 'literal' as const };
    const connection = new ServerConnection(socket, options, ({ id }) => {
      connection.answer(id, 200, headers, '');
    });
    socket.emit('data', Buffer.concat([preface, settings()]));
    let id = 1;
    for (; !socket.writableEnded; id += 2) socket.emit('data', get(id));
    expect(socket.writableLength).toBeLessThan(5_000_000);
    expect(written).toBeLessThan(100_000);
    socket.destroy();
  });
});
