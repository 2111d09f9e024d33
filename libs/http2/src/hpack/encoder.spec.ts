import { isDeepStrictEqual } from 'node:util';
import { seededRandom } from '@app/testing/seeded-random';
import { Decoder } from './decoder';
import { Encoder, type Indexing, type OutgoingField } from './encoder';
import { sizeOf, type Field } from './static-table';

/** An encoder, the buffer that it writes to, and the decoder at the other end. */
function pair(maxTableSize?: number) {
  const encoder = new Encoder(maxTableSize);
  const decoder = new Decoder();
  const target = Buffer.alloc(16_384);
  let block = target;
  return {
    encoder,
    decoder,
    /** Sends a block. @returns its octets */
    send: (...fields: OutgoingField[]) => {
      block = target.subarray(0, encoder.encode(fields, target, 0));
      const sent = fields.map(([name, value]) => [name, value]);
      const decoded = decoder.decode(block);
      // Jest takes a hundred times as long to compare.
      if (!isDeepStrictEqual(decoded, sent)) expect(decoded).toEqual(sent);
      return block.toString('hex');
    },
    /** Sends a block by its parts, each of which writes after the other. */
    write: (...parts: ((target: Buffer, offset: number) => number)[]) => {
      let end = encoder.beginBlock(target, 0);
      for (const part of parts) end = part(target, end);
      block = target.subarray(0, end);
      return decoder.decode(block);
    },
    lastBlock: () => block,
  };
}

const topic: OutgoingField = ['apns-topic', 'com.example.app', 'indexed'];
const id = (value: string): OutgoingField => ['apns-id', value, 'name'];

describe('the encoder', () => {
  it('sends an indexed field in full once, and then its index', () => {
    const { send } = pair();
    expect(send(topic)).toMatch(/^40/);
    expect(send(topic)).toBe('be');
    expect(send([':method', 'POST', 'indexed'], topic)).toBe('83be');
  });

  it('sends a field that is indexed for its name by the name, and inserts no more than that', () => {
    const { send } = pair();
    expect(send(id('1'))).toMatch(/^40/);
    expect(send(id('2'))).toBe('0f2f0132');
    expect(send(id('1'))).toBe('0f2f0131');
    expect(send(topic)).toMatch(/^40/);
    expect(send(id('3'))).toBe('0f300133');
    expect(send(['retry-after', '7', 'name'])).toBe('0f260137');
  });

  it('never inserts a literal', () => {
    const { send } = pair();
    for (let i = 0; i < 2; i++) {
      expect(send([':path', '/3', 'literal'])).toBe('04022f33');
      expect(send(['x', 'y', 'literal'])).toBe('0001780179');
      expect(send(['x', 'y', 'never'])).toBe('1001780179');
      expect(send(['authorization', 'y', 'never'])).toBe('1f080179');
    }
  });

  it('tells the values of one name apart', () => {
    const { send } = pair();
    send(['x', 'a', 'indexed'], ['x', 'b', 'indexed']);
    expect(send(['x', 'a', 'indexed'], ['x', 'b', 'indexed'])).toBe('bfbe');
  });
});

describe('a head', () => {
  const fields: OutgoingField[] = [[':method', 'POST', 'indexed'], topic, id('0')];
  const plain = fields.map(([name, value]) => [name, value]);

  it('is the same octets for every block, whatever comes beside it', () => {
    const { encoder, write, lastBlock } = pair();
    const head = encoder.head(fields);
    const request = (path: string, token: string) =>
      write(
        (target, end) => encoder.writeField(':path', path, 'literal', target, end),
        (target, end) => encoder.writeHead(head, target, end),
        (target, end) => encoder.writeField('authorization', token, 'indexed', target, end),
      );
    const lengths = Array.from({ length: 100 }, (_, i) => {
      const path = `/${String(i).padStart(3, '0')}`;
      expect(request(path, 'bearer a')).toEqual([
        [':path', path],
        ...plain,
        ['authorization', 'bearer a'],
      ]);
      return lastBlock().length;
    });
    expect(new Set(lengths.slice(1)).size).toBe(1);
    expect(request('/x', 'bearer b')?.at(-1)).toEqual(['authorization', 'bearer b']);
    expect(request('/x', 'bearer b')).toEqual([
      [':path', '/x'],
      ...plain,
      ['authorization', 'bearer b'],
    ]);
  });

  it('is right again after the table has changed its size', () => {
    const { encoder, decoder, write, lastBlock } = pair();
    const head = encoder.head(fields);
    const request = () => write((target, end) => encoder.writeHead(head, target, end));
    for (const size of [4096, 0, 70, 4096, 120, 4096]) {
      encoder.setTableSize(size);
      decoder.setTableSize(size);
      for (let i = 0; i < 3; i++) expect(request()).toEqual(plain);
    }
    // Two indices; and the name's index, 2 octets, with its value, 2 octets.
    expect(lastBlock()).toHaveLength(6);
  });
});

describe("the encoder's table", () => {
  it.each([
    ['nothing when it stays', [4096], ''],
    ['nothing when the peer allows more than we want', [65_536], ''],
    ['a smaller size', [100], '3f45'],
    ['the last of smaller sizes', [100, 0], '20'],
    ['the smallest and the last size', [100, 0, 200], '203fa901'],
    ['that it was emptied, and its size', [0, 4096], '203fe11f'],
  ])('tells the peer %s', (_, sizes, block) => {
    const { encoder, decoder, send } = pair();
    for (const size of sizes) {
      encoder.setTableSize(size);
      decoder.setTableSize(size);
    }
    expect(send()).toBe(block);
    expect(send()).toBe('');
  });

  it('begins with the size that we want', () => {
    expect(pair(256).send()).toBe('3fe101');
  });

  const field = (name: string, value = '1'): OutgoingField => [name, value, 'indexed'];
  const roomForTwo = 2 * sizeOf('a', '1');

  it('keeps what repeats, and sends in full what has no room beside it', () => {
    const { send } = pair(roomForTwo);
    send(field('a'), field('b'));
    const blocks = Array.from({ length: 200 }, () => send(field('c'), field('a'), field('b')));
    expect(new Set(blocks)).toEqual(new Set(['0001630131bfbe']));
  });

  it('lets in what repeats now, once something else is no longer in use', () => {
    const { send } = pair(roomForTwo);
    send(field('a'), field('b'));
    for (let i = 0; i < 200; i++) send(field('b'), field('c'));
    expect(send(field('b'), field('c'))).toMatch(/^b[ef]b[ef]$/);
  });

  it('knows the names of the static table, whatever leaves it', () => {
    const { encoder, send } = pair();
    send(field('authorization'), field('a'));
    encoder.setTableSize(0);
    expect(send(field('authorization'), field('a'))).toBe('200f0801310001610131');
  });

  it('has no room for a field that is larger than it', () => {
    const { send } = pair(roomForTwo);
    send(field('a'));
    send(field('b', '1'.repeat(roomForTwo)));
    expect(send(field('a'))).toBe('be');
  });

  it('has room for a token that is renewed again and again', () => {
    const { send } = pair();
    for (let hour = 0; hour < 20; hour++) {
      const fields = [topic, id('1'), field('authorization', `${hour}`.repeat(200))];
      for (let i = 0; i < 150; i++) send(...fields);
      expect(send(...fields)).toMatch(/^[bc].0f[2-4].0131[bc].$/);
    }
  });
});

describe('what the encoder writes', () => {
  it('is at most what a table would count, and twelve octets for the beginning', () => {
    const { encoder } = pair(2 ** 31);
    const target = Buffer.alloc(2 ** 18);
    for (const size of [2 ** 31, 2 ** 30, 2 ** 31]) encoder.setTableSize(size);
    expect(encoder.beginBlock(target, 0)).toBeLessThanOrEqual(12);
    for (const length of [0, 1, 126, 127, 128, 20_000, 100_000]) {
      for (const indexing of ['indexed', 'name', 'literal', 'never'] as const) {
        for (const text of ['0', '~', '\xff']) {
          const [name, value] = [text.repeat(length), text.repeat(length)];
          const end = encoder.writeField(name, value, indexing, target, 0);
          expect(end).toBeLessThanOrEqual(sizeOf(name, value));
        }
      }
    }
  });

  it('is what the decoder reads, whatever the fields, the order and the sizes', () => {
    const seed = Math.floor(Math.random() * 2 ** 32);
    const random = seededRandom(seed);
    const below = (limit: number) => Math.floor(random() * limit);
    const { encoder, decoder, write } = pair(8192);
    const indexings: Indexing[] = ['indexed', 'indexed', 'name', 'literal', 'never'];
    const names = [
      ':path',
      ':method',
      'authorization',
      'accept',
      'x',
      'apns-id',
      'long-name-of-a-field',
    ];
    const anyField = (): OutgoingField => [
      names[below(names.length)] ?? '',
      String.fromCharCode(...Array.from({ length: below(8) }, () => 97 + below(2))).repeat(
        1 + below(2) * below(30),
      ),
      indexings[below(indexings.length)] ?? 'indexed',
    ];
    const someFields = () => Array.from({ length: below(8) }, anyField);
    const heads = Array.from({ length: 4 }, () => encoder.head(someFields()));
    for (let block = 0; block < 2000; block++) {
      for (let i = below(40) === 0 ? below(4) : 0; i > 0; i--) {
        const size = below(2) * below(1000);
        encoder.setTableSize(size);
        decoder.setTableSize(size);
      }
      const head = heads[below(heads.length)];
      const own = someFields();
      if (head === undefined) throw new Error('No head');
      const decoded = write(
        (target, end) => encoder.writeHead(head, target, end),
        ...own.map(
          ([name, value, indexing]) =>
            (target: Buffer, end: number) =>
              encoder.writeField(name, value, indexing, target, end),
        ),
      );
      const sent: Field[] = [...head.fields, ...own].map(([name, value]) => [name, value]);
      if (!isDeepStrictEqual(decoded, sent))
        expect({ seed, block, decoded }).toEqual({ seed, block, decoded: sent });
    }
  });
});
