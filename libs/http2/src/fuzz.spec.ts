import { EventEmitter } from 'node:events';
import type { Duplex } from 'node:stream';
import { seededRandom } from '@app/testing/seeded-random';
import { ClientConnection } from './client-connection';
import type { ConnectionEnd } from './connection-events';
import { FrameReader } from './frames/frame-reader';
import { frameTypes } from './frames/protocol';
import type { Receiver } from './stream';
import { block, frame, octets, respond, settings, uint32 } from './testing/raw-peer';

const [DATA, HEADERS, PRIORITY, RST_STREAM] = [0, 1, 2, 3];
const [PING, GOAWAY, WINDOW_UPDATE, CONTINUATION] = [6, 7, 8, 9];

/** What servers send to a client with requests on streams 1, 3 and 5. */
const recorded: Record<string, Buffer[]> = {
  'a server that answers': [
    settings([3, 1000], [4, 65_535], [1, 4096]),
    frame(WINDOW_UPDATE, 0, 0, uint32(100_000)),
    frame(4, 1, 0),
    respond(1),
    frame(HEADERS, 4, 3, block([':status', '410'], ['content-length', '4'])),
    frame(DATA, 9, 3, '02 61626364 0000'),
    frame(
      HEADERS,
      4,
      5,
      Buffer.concat([octets('88 40 03'), Buffer.from('x-a'), octets('01 62 be')]),
    ),
    frame(DATA, 0, 5, '6162'),
    frame(HEADERS, 5, 5, octets('be')),
  ],
  'a server that goes away': [
    settings(),
    frame(PING, 0, 0, '0102030405060708'),
    frame(HEADERS, 0, 1, '88 00'),
    frame(CONTINUATION, 0, 1, '01 61'),
    frame(CONTINUATION, 4, 1, '01 62'),
    frame(PRIORITY, 0, 1, '0000000010'),
    frame(
      GOAWAY,
      0,
      0,
      Buffer.concat([octets(uint32(2 ** 31 - 1) + uint32(0)), Buffer.from('bye')]),
    ),
    frame(RST_STREAM, 0, 5, uint32(7)),
    frame(DATA, 1, 1, '61'),
    frame(GOAWAY, 0, 0, octets(uint32(1) + uint32(0))),
    respond(3),
  ],
};

/** Counts how often it is told of the end of its request. */
class Counter implements Receiver {
  outcomes = 0;

  head(): void {
    check(this.outcomes === 0, 'a response after its outcome');
  }

  data(): void {
    check(this.outcomes === 0, 'content after its outcome');
  }

  end(): void {
    this.outcomes++;
  }

  lost(): void {
    this.outcomes++;
  }
}

/** The socket of a connection without a peer: a stream that does nothing costs more than all that is tested here. */
class Wire extends EventEmitter {
  readonly written: Buffer[] = [];
  writtenBytes = 0;
  readonly writableLength = 0;

  write(bytes: Buffer, done: () => void): void {
    this.written.push(Buffer.from(bytes));
    this.writtenBytes += bytes.length;
    done();
  }

  end(): void {
    this.emit('close');
  }

  destroy(): void {
    this.emit('close');
  }
}

/** Gives a client these bytes of a server. @returns how its connection ended, if it did */
function feed(chunks: Buffer[]): ConnectionEnd | undefined {
  const wire = new Wire();
  let end: ConnectionEnd | undefined;
  const receivers = [new Counter(), new Counter(), new Counter()];
  let connected: () => void = () => undefined;
  const connection = new ClientConnection<Counter>(
    { host: '', port: 0, tls: undefined },
    {
      settings: () => undefined,
      ready: () => undefined,
      draining: () => undefined,
      closed: (how) => {
        end = how;
        for (const { receiver } of connection.underWay.values()) receiver.outcomes++;
      },
    },
    {
      authority: 'localhost',
      indexing: () => 'indexed',
      dial: (_, opened) => {
        connected = () => {
          opened.connected(wire as unknown as Duplex);
        };
        return { destroy: () => undefined };
      },
    },
  );
  connected();
  for (const receiver of receivers) connection.request(head, own, 'body', receiver);
  for (const chunk of chunks) wire.emit('data', chunk);
  const ended = end;
  connection.destroy();
  for (const { outcomes } of receivers) check(outcomes === 1, 'one outcome');
  if (ended?.by === 'protocol') check(lastFrameOf(wire.written) === frameTypes.goAway, 'GOAWAY');
  // Whatever comes, no more than an answer to each frame, beside what we say by ourselves.
  const received = chunks.reduce((sum, { length }) => sum + length, 0);
  check(wire.writtenBytes <= 1_000 + 2 * received, 'few bytes in answer');
  return ended;
}

/** Asserts; Jest's `expect` would take most of the time, as often as it is called here. */
function check(holds: boolean, what: string): void {
  if (!holds) throw new Error(what);
}

/** The sequences of frames at random. */
const cases = 100_000;

const head = { ':method': 'POST' };
const own = { ':path': '/' };

function lastFrameOf(written: Buffer[]): number | undefined {
  let last: number | undefined;
  new FrameReader({ frame: (type) => (last = type) }).read(Buffer.concat(written).subarray(24));
  return last;
}

describe('Whatever a server sends, each request has one outcome, and only the connection is at fault:', () => {
  const { stackTraceLimit } = Error;
  beforeAll(() => {
    Error.stackTraceLimit = 0;
  });
  afterAll(() => {
    Error.stackTraceLimit = stackTraceLimit;
  });

  describe.each(Object.entries(recorded))('%s', (_, frames) => {
    const bytes = Buffer.concat(frames);

    it('does so without a fault', () => {
      expect(feed([bytes])?.by).not.toBe('protocol');
    });

    it('whose connection breaks after any byte', () => {
      for (let end = 0; end < bytes.length; end++) {
        for (const chunks of [
          [bytes.subarray(0, end)],
          [bytes.subarray(0, end), bytes.subarray(end)],
        ]) {
          check(feed(chunks)?.by !== 'protocol', `no fault, cut at ${end}`);
        }
      }
    });

    it('of whose bits any is wrong', () => {
      for (let bit = 0; bit < bytes.length * 8; bit++) {
        const wrong = Buffer.from(bytes);
        wrong[bit >> 3] = (wrong[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        feed([wrong]);
      }
    });
  });

  it('frames at random', () => {
    const ends = new Map<string, number>();
    for (let seed = 1; seed <= cases; seed++) {
      const random = below(seededRandom(seed));
      const frames = [settings()];
      for (let i = random(8); i >= 0; i--) frames.push(randomFrame(random));
      const bytes = Buffer.concat(frames);
      const cut = random(bytes.length);
      try {
        const end = feed([bytes.subarray(0, cut), bytes.subarray(cut)]);
        const how = end?.by === 'protocol' ? end.code : (end?.by ?? 'open');
        ends.set(how, (ends.get(how) ?? 0) + 1);
      } catch (error) {
        throw new Error(`with seed ${seed}`, { cause: error });
      }
    }
    // The generator is no use if it only ever breaks one rule.
    for (const how of [
      'open',
      'PROTOCOL_ERROR',
      'FRAME_SIZE_ERROR',
      'COMPRESSION_ERROR',
      'STREAM_CLOSED',
    ]) {
      expect(ends.get(how)).toBeGreaterThan(10);
    }
  });
});

/** Makes of numbers from 0 to 1 integers below a bound. */
const below = (random: () => number) => (bound: number) => Math.floor(random() * bound);

const answers = [1, 3, 5, 7].map((id) => respond(id));

function randomFrame(random: (bound: number) => number): Buffer {
  const one = [answers[random(4)], frame(DATA, random(2), random(4) * 2 + 1, '6162')];
  const usual = one[random(6)];
  if (usual !== undefined) return usual;
  const id = [0, 1, 1, 1, 3, 3, 5, 7, 2][random(9)] ?? 0;
  const payload = Buffer.alloc([0, 4, 5, 6, 8, random(20)][random(6)] ?? 0);
  for (let i = 0; i < payload.length; i++) payload[i] = random(2) * random(256);
  return frame(random(11), random(2) * random(256), id, payload);
}
