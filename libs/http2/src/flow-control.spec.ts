import { frame, RawPeer, respond, settings, uint32, type RawConnection } from './testing/raw-peer';
import { RecordingClient } from './testing/recording-client';

const [DATA, WINDOW_UPDATE] = [0, 8];
const END_STREAM = 1;
const initialWindow = 4;

const widen = (id: number, by: number) => frame(WINDOW_UPDATE, 0, id, uint32(by));

describe('The windows of a connection (RFC 9113 §5.2, §6.9)', () => {
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

  async function open(window = 65_535): Promise<void> {
    const accepted = peer.accept();
    client = new RecordingClient(peer.port);
    server = await accepted;
    server.send(settings([initialWindow, window]));
    await client.ready();
  }

  /** @returns what has come of bodies, once the client has written all that it may */
  async function sent(): Promise<{ id: number; bytes: number; ended: boolean }[]> {
    await server.roundTrip(true);
    return server.frames
      .splice(0)
      .filter(({ type }) => type === DATA)
      .map(({ id, payload, flags }) => ({
        id,
        bytes: payload.length,
        ended: (flags & END_STREAM) !== 0,
      }));
  }

  it('hold a body back that is larger than its stream allows, and let it go on piece by piece', async () => {
    await open(10);
    const result = client.post('x'.repeat(25));
    expect(await sent()).toEqual([{ id: 1, bytes: 10, ended: false }]);
    server.send(widen(1, 5));
    expect(await sent()).toEqual([{ id: 1, bytes: 5, ended: false }]);
    server.send(widen(1, 100));
    expect(await sent()).toEqual([{ id: 1, bytes: 10, ended: true }]);
    server.send(respond(1));
    expect(await result).toMatchObject({ status: 200 });
  });

  it('let nothing of a body go while they are 0', async () => {
    await open(0);
    void client.post('abc');
    expect(await sent()).toEqual([]);
    server.send(widen(1, 3));
    expect(await sent()).toEqual([{ id: 1, bytes: 3, ended: true }]);
  });

  it('are all of one size with the peer: 65535 bytes of the connection, whatever a stream has', async () => {
    await open(1_000_000);
    void client.post('x'.repeat(65_000));
    void client.post('y'.repeat(1_000));
    const frames = await sent();
    expect(frames.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(65_535);
    expect(client.connection.ready).toBe(false);
    server.send(widen(0, 465));
    expect(await sent()).toEqual([{ id: 3, bytes: 465, ended: true }]);
    expect(client.connection.ready).toBe(false);
    server.send(widen(0, 1));
    await client.ready();
  });

  it('cut bodies into frames of at most 16384 bytes, even if the peer takes larger ones', async () => {
    await open();
    server.send(settings([5, 1_000_000]));
    void client.post(Buffer.alloc(40_000));
    expect((await sent()).map(({ bytes }) => bytes)).toEqual([16_384, 16_384, 7_232]);
  });

  it('become negative when the peer shrinks them, and have to be filled up first (§6.9.2)', async () => {
    await open(100);
    void client.post('x'.repeat(150));
    expect(await sent()).toEqual([{ id: 1, bytes: 100, ended: false }]);
    server.send(settings([initialWindow, 40]));
    expect(await sent()).toEqual([]);
    server.send(widen(1, 60));
    expect(await sent()).toEqual([]);
    server.send(widen(1, 1));
    expect(await sent()).toEqual([{ id: 1, bytes: 1, ended: false }]);
  });

  it('widen for all streams when the peer enlarges them', async () => {
    await open(10);
    void client.post('x'.repeat(30));
    void client.post('y'.repeat(20));
    await sent();
    server.send(settings([initialWindow, 25]));
    expect(await sent()).toEqual([
      { id: 1, bytes: 15, ended: false },
      { id: 3, bytes: 10, ended: true },
    ]);
  });

  it('are of no use any more to a body whose answer is there', async () => {
    await open(10);
    const result = client.post('x'.repeat(30));
    await sent();
    server.send(respond(1));
    expect(await result).toMatchObject({ status: 200 });
    expect(await server.reset()).toEqual([1, 'NO_ERROR']);
    server.send(widen(1, 100));
    expect(await sent()).toEqual([]);
  });

  it('are given back for what came, padding as well', async () => {
    await open();
    const result = client.post();
    await server.request();
    server.send(respond(1, '200', 4));
    const padded = Buffer.concat([Buffer.of(255), Buffer.alloc(16_383)]);
    const frames = 40;
    for (let i = 0; i < frames; i++) server.send(frame(DATA, 8, 1, padded));
    server.send(frame(DATA, END_STREAM, 1));
    expect(await result).toMatchObject({ status: 200, body: '\0'.repeat(frames * (16_383 - 255)) });
    await server.roundTrip();
    const given = (id: number) =>
      server.taken
        .filter((one) => one.type === WINDOW_UPDATE && one.id === id)
        .reduce((sum, { payload }) => sum + payload.readUInt32BE(0), 0);
    expect(given(1)).toBeGreaterThan(frames * 16_384 - 131_072);
    expect(given(0)).toBeGreaterThan(frames * 16_384 - 65_535);
  });

  it('count what comes for a stream that was cancelled', async () => {
    await open();
    const { id } = client.postCancellable();
    await server.request();
    client.connection.cancel(id);
    expect(await server.reset()).toEqual([1, 'CANCEL']);
    server.send(respond(1, '200', 4));
    for (let i = 0; i < 64; i++) server.send(frame(DATA, 0, 1, Buffer.alloc(16_384)));
    const { id: ofConnection } = await server.takeType('windowUpdate');
    expect(ofConnection).toBe(0);
  });

  it('of the socket hold requests back when the peer does not read, and let them go on', async () => {
    await open(2 ** 31 - 1);
    server.send(widen(0, 2 ** 30));
    await server.roundTrip();
    server.socket.pause();
    const results = [];
    while (client.connection.ready) results.push(client.post(Buffer.alloc(16_000)));
    expect(results.length).toBeLessThan(2_000);
    server.socket.resume();
    await client.ready();
    for (let i = 0; i < results.length; i++) server.send(respond(2 * i + 1));
    for (const result of await Promise.all(results)) expect(result).toMatchObject({ status: 200 });
  });
});
