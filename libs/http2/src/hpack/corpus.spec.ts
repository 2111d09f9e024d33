import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { Decoder } from './decoder';
import { Encoder, type Indexing } from './encoder';
import type { Field } from './static-table';

type Story<Item> = readonly Item[];

interface Corpus {
  readonly lists: readonly Story<readonly Field[]>[];
  readonly encoders: Readonly<
    Record<string, readonly Story<readonly [block: string, tableSize?: number]>[]>
  >;
}

const file = join(__dirname, '../../test/hpack-test-case/stories.json.gz');
const { lists, encoders } = JSON.parse(gunzipSync(readFileSync(file)).toString()) as Corpus;

/** Expects that each list comes back from whatever a story is made of. */
function expectLists(decode: (story: number) => (Field[] | undefined)[]): void {
  lists.forEach((story, s) => {
    const decoded = decode(s);
    const wrong = story.findIndex((fields, i) => !isDeepStrictEqual(decoded[i], fields));
    if (wrong !== -1) expect({ story: s, fields: decoded[wrong] }).toEqual(story[wrong]);
  });
}

describe('the public corpus of header blocks', () => {
  it.each(Object.keys(encoders))('of %s is decoded', (encoder) => {
    expectLists((story) => {
      const decoder = new Decoder();
      return (encoders[encoder]?.[story] ?? []).map(([block, tableSize]) => {
        if (tableSize !== undefined) decoder.setTableSize(tableSize);
        return decoder.decode(Buffer.from(block, 'hex'));
      });
    });
  });

  const indexings: readonly Indexing[] = ['indexed', 'name', 'literal', 'never'];
  it.each([
    ['nothing', [0]],
    ['64 octets', [64]],
    ['4096 octets', [4096]],
    ['a size that changes', [4096, 64, 0, 512, 100, 4096, 16_384]],
  ])('comes back from an encoder with a table of %s', (_, sizes) => {
    const target = Buffer.alloc(16_384);
    expectLists((story) => {
      const encoder = new Encoder(16_384);
      const decoder = new Decoder();
      return (lists[story] ?? []).map((fields, i) => {
        const size = sizes[i % sizes.length] ?? 0;
        encoder.setTableSize(size);
        decoder.setTableSize(size);
        const outgoing = fields.map(([name, value]) => {
          // Most fields are indexed, and of every name some.
          const indexing = indexings[(name.length * value.length + i) % 8] ?? 'indexed';
          return [name, value, indexing] as const;
        });
        return decoder.decode(target.subarray(0, encoder.encode(outgoing, target, 0)));
      });
    });
  });
});
