import { seededRandom } from '@app/testing/seeded-random';
import { Decoder } from './decoder';
import { Encoder } from './encoder';
import { HpackError } from './hpack-error';
import { sizeOf, type Field } from './static-table';
import { tableOf } from '../testing/table-of';

const maxTableSize = 4096;
const maxListSize = 300;

/** Blocks as peers send them one after the other: with and without Huffman code, by all kinds of indices, with table sizes. */
function recordedBlocks(): Buffer[] {
  const encoder = new Encoder();
  const target = Buffer.alloc(1024);
  const id = '3f2504e0-4f89-41d3-9a0c-0305e82c3301';
  return [4096, 4096, 128, 4096].map((size) => {
    encoder.setTableSize(0);
    encoder.setTableSize(size);
    const end = encoder.encode(
      [
        [':status', '200', 'indexed'],
        [':status', '410', 'indexed'],
        ['apns-id', id, 'name'],
        ['apns-id', id, 'name'],
        ['content-type', 'application/json; charset=UTF-8', 'indexed'],
        ['content-type', 'application/json; charset=UTF-8', 'indexed'],
        ['retry-after', '120', 'literal'],
        ['set-cookie', 'a=\xff\0', 'never'],
      ],
      target,
      0,
    );
    return Buffer.from(target.subarray(0, end));
  });
}

/** Has a block decoded: a list within its bounds or the one error that there is. */
function decode(decoder: Decoder, block: Buffer): 'read' | 'too large' | 'refused' {
  try {
    const fields = decoder.decode(block);
    if (fields === undefined) return 'too large';
    if (sizeOfAll(fields) > maxListSize) throw new Error('A list above the limit');
    return 'read';
  } catch (error) {
    if (error instanceof HpackError) return 'refused';
    throw error;
  }
}

function sizeOfAll(fields: readonly Field[]): number {
  return fields.reduce((sum, [name, value]) => sum + sizeOf(name, value), 0);
}

describe('the decoder reads or refuses, and nothing else', () => {
  const { stackTraceLimit } = Error;
  beforeAll(() => {
    Error.stackTraceLimit = 0;
  });
  afterAll(() => {
    Error.stackTraceLimit = stackTraceLimit;
  });

  const blocks = recordedBlocks();

  it('every prefix of what peers send', () => {
    const decoder = new Decoder(maxTableSize, maxListSize);
    for (const block of blocks) {
      for (let end = 0; end <= block.length; end++) decode(decoder, block.subarray(0, end));
      expect(sizeOfAll(tableOf(decoder))).toBeLessThanOrEqual(maxTableSize);
    }
  });

  it('what peers send with any bit flipped', () => {
    blocks.forEach((block, before) => {
      for (let bit = 0; bit < block.length * 8; bit++) {
        const decoder = new Decoder(maxTableSize, maxListSize);
        for (const one of blocks.slice(0, before)) decode(decoder, one);
        const flipped = Buffer.from(block);
        flipped.writeUInt8(flipped.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
        decode(decoder, flipped);
      }
    });
  });

  it('100 000 blocks at random', () => {
    const seed = Math.floor(Math.random() * 2 ** 32);
    const random = seededRandom(seed);
    const below = (limit: number) => Math.floor(random() * limit);
    const block = Buffer.alloc(512);
    let end = 0;
    const octet = (value: number) => block.writeUInt8(value, end++);
    const octets = (count: number) => {
      for (let i = 0; i < count; i++) octet(below(256));
    };
    const string = () => {
      const length = below(24);
      octet((below(4) === 0 ? 0x80 : 0) | length);
      octets(length);
    };
    /** Half of them would be right: then more than the first field of a block is read. */
    const pieces = [
      () => {
        octets(1);
      },
      () => octet(0x80 | (1 + below(61))),
      () => octet(0x80 | (62 + below(20))),
      () => {
        octet(([0x00, 0x10, 0x40][below(3)] ?? 0) | (1 + below(14)));
        string();
      },
      () => {
        octet(0x40);
        string();
        string();
      },
    ];
    const seen = { read: 0, 'too large': 0, refused: 0 };
    const decoder = new Decoder(maxTableSize, maxListSize);
    try {
      for (let i = 0; i < 100_000; i++) {
        end = 0;
        if (below(8) === 0) end += block.write(below(4) === 0 ? '3f45' : '3fe11f', 'hex');
        for (let left = 1 + below(8); left > 0; left--) pieces[below(pieces.length)]?.();
        seen[decode(decoder, block.subarray(0, end))]++;
        if (i % 1000 === 0) expect(sizeOfAll(tableOf(decoder))).toBeLessThanOrEqual(maxTableSize);
      }
    } catch (error) {
      throw new Error(`With the seed ${seed}`, { cause: error });
    }
    expect(Object.values(seen)).not.toContain(0);
  });
});
