import { Duplex } from 'node:stream';
import { seededRandom } from '@app/testing/seeded-random';
import { FrameReader } from '../frames/frame-reader';
import { frameTypes } from '../frames/protocol';
import { block, frame, octets, settings, uint32 } from '../testing/raw-peer';
import { ServerConnection } from './server-connection';

const [DATA, HEADERS, PRIORITY, RST_STREAM, PING, GOAWAY] = [0, 1, 2, 3, 6, 7];
const [WINDOW_UPDATE, CONTINUATION] = [8, 9];
const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
const fields = block([':method', 'POST'], [':scheme', 'https'], [':path', '/a'], ['x-a', 'b']);

/** What a client sends that asks for much and breaks no rule. */
const recorded = [
  preface,
  settings([1, 100], [4, 20], [3, 100]),
  frame(WINDOW_UPDATE, 0, 0, uint32(100_000)),
  frame(4, 1, 0),
  frame(HEADERS, 4, 1, fields),
  frame(DATA, 9, 1, '02 61626364 0000'),
  frame(PRIORITY, 0, 3, '0000000010'),
  frame(HEADERS, 0, 3, fields.subarray(0, 4)),
  frame(CONTINUATION, 4, 3, fields.subarray(4)),
  frame(PING, 0, 0, '0102030405060708'),
  frame(DATA, 0, 3, '6162'),
  frame(HEADERS, 5, 3, block(['x-trailer', 'a'])),
  frame(HEADERS, 5, 5, Buffer.concat([fields, octets('40 01 61 01 62')])),
  frame(HEADERS, 5, 7, Buffer.concat([octets('83 87 04 01 2f be')])),
  frame(RST_STREAM, 0, 7, uint32(8)),
  frame(WINDOW_UPDATE, 0, 5, uint32(5)),
  frame(GOAWAY, 0, 0, uint32(0).repeat(2)),
];

/** Gives a server these bytes of a client. @returns whether it found a fault in them */
function feed(chunks: Buffer[]): boolean {
  const written: Buffer[] = [];
  const socket = new Duplex({
    read: () => undefined,
    write: (chunk: Buffer, _, done) => {
      written.push(Buffer.from(chunk));
      done();
    },
  });
  const taken = new Set<number>();
  const options = { maxConcurrentStreams: 2, indexing: () => 'indexed' as const };
  const connection = new ServerConnection(socket, options, ({ id, content }) => {
    if (taken.has(id)) throw new Error(`Stream ${id} was taken twice`);
    taken.add(id);
    if (id !== 5) connection.answer(id, 200, { 'x-a': 'b' }, content.repeat(10));
  });
  for (const chunk of chunks) socket.emit('data', chunk);
  connection.answer(5, 410, {}, '');
  const isEnded = socket.writableEnded || socket.destroyed;
  connection.destroy();
  let last: number | undefined;
  new FrameReader({ frame: (type) => (last = type) }).read(Buffer.concat(written));
  const isFault = last === frameTypes.goAway;
  if (isFault && !isEnded) throw new Error('Goes on behind its GOAWAY');
  return isFault;
}

/** Lets closed sockets be forgotten, which takes a turn of the event loop. */
const letGo = () => new Promise(setImmediate);

describe('Whatever a client sends, each request is taken at most once, and only the connection is at fault:', () => {
  const bytes = Buffer.concat(recorded);

  it('does so without a fault', () => {
    expect(feed([bytes])).toBe(false);
  });

  it('a client whose connection breaks after any byte', async () => {
    for (let end = 0; end < bytes.length; end++) {
      const whole = [bytes.subarray(0, end), bytes.subarray(end)];
      if (feed(whole.slice(0, 1)) || feed(whole)) throw new Error(`A fault, cut at ${end}`);
      if (end % 100 === 0) await letGo();
    }
  });

  it('a client of whose bits any is wrong', async () => {
    let faults = 0;
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const wrong = Buffer.from(bytes);
      wrong[bit >> 3] = (wrong[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      if (feed([wrong])) faults++;
      if (bit % 100 === 0) await letGo();
    }
    expect(faults).toBeGreaterThan(500);
  });

  it('frames at random', async () => {
    let faults = 0;
    for (let seed = 1; seed <= 3_000; seed++) {
      if (seed % 100 === 0) await letGo();
      const random = seededRandom(seed);
      const below = (bound: number) => Math.floor(random() * bound);
      const frames = [preface, settings()];
      for (let i = below(10); i >= 0; i--) frames.push(randomFrame(below));
      const all = Buffer.concat(frames);
      const cut = below(all.length);
      try {
        if (feed([all.subarray(0, cut), all.subarray(cut)])) faults++;
      } catch (error) {
        throw new Error(`with seed ${seed}`, { cause: error });
      }
    }
    // The generator is no use if it always breaks a rule, or never.
    expect(faults).toBeGreaterThan(500);
    expect(faults).toBeLessThan(2_900);
  });
});

function randomFrame(below: (bound: number) => number): Buffer {
  const id = below(6) * 2 + 1;
  const usual = [
    frame(HEADERS, 4 + below(2), id, fields),
    frame(DATA, below(2), id, '6162'),
    frame(WINDOW_UPDATE, 0, id, uint32(below(100))),
    frame(RST_STREAM, 0, id, uint32(8)),
  ][below(6)];
  if (usual !== undefined) return usual;
  const payload = Buffer.alloc([0, 4, 5, 6, 8, below(20)][below(6)] ?? 0);
  for (let i = 0; i < payload.length; i++) payload[i] = below(2) * below(256);
  return frame(below(11), below(2) * below(256), below(9), payload);
}
