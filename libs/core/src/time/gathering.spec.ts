import type { Logger } from '@nestjs/common';
import { type GatheredWork, Gathering } from './gathering';

interface Batch {
  readonly items: readonly string[];
  answer(): void;
  fail(): void;
}

const warnings: string[] = [];
const logger = { warn: (line: string) => warnings.push(line) } as unknown as Logger;

/** Work that ends when a test says so; each item is answered in capitals. */
function slowWork(changes: Partial<GatheredWork<string, string>> = {}) {
  const batches: Batch[] = [];
  const begin = (items: readonly string[]) =>
    new Promise<string[]>((resolve, reject) => {
      batches.push({
        items,
        answer: () => {
          resolve(items.map((item) => item.toUpperCase()));
        },
        fail: () => {
          reject(new Error(`No ${items.join()}`));
        },
      });
    });
  const gathering = new Gathering<string, string>(
    {
      name: 'words',
      largest: 100,
      together: begin,
      alone: async (item) => (await begin([item])).join(),
      ...changes,
    },
    logger,
  );
  /** Answers one batch after the other, with those that begin meanwhile. */
  const answerAll = async () => {
    for (const batch of batches) {
      batch.answer();
      await settled();
    }
  };
  return { gathering, batches, answerAll, begun: () => batches.map(({ items }) => items) };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('what comes at the same time', () => {
  it('begins at once while nothing is under way, and then goes together', async () => {
    const { gathering, begun, answerAll } = slowWork();
    const answers = ['a', 'b', 'c', 'd', 'e'].map((item) => gathering.do(item));
    expect(begun()).toEqual([['a'], ['b']]);
    await answerAll();
    expect(begun()).toEqual([['a'], ['b'], ['c', 'd', 'e']]);
    expect(await Promise.all(answers)).toEqual(['A', 'B', 'C', 'D', 'E']);
  });

  it('goes by sizes, in its order, and what is larger than a batch goes by itself', async () => {
    const sizeOf = (item: string) => item.length;
    const { gathering, begun, answerAll } = slowWork({ largest: 4, sizeOf });
    const items = ['a', 'b', 'cc', 'dd', 'e', 'fffff', 'g', 'h'];
    const answers = items.map((item) => gathering.do(item));
    await answerAll();
    expect(begun()).toEqual([['a'], ['b'], ['cc', 'dd'], ['e'], ['fffff'], ['g', 'h']]);
    expect(await Promise.all(answers)).toEqual(items.map((item) => item.toUpperCase()));
  });

  it('goes apart where it has a key in common, and none is passed over for long', async () => {
    const { gathering, begun, answerAll } = slowWork({ keyOf: (item) => item.charAt(0) });
    for (const item of ['a', 'b', 'c1', 'd', 'c2', 'e']) void gathering.do(item);
    await answerAll();
    expect(begun()).toEqual([['a'], ['b'], ['c1', 'd', 'e'], ['c2']]);
  });

  it('does not wait for what is in another queue', () => {
    const { gathering, begun } = slowWork({ queueOf: (item) => item.charAt(0) });
    for (const item of ['a1', 'a2', 'a3', 'b1', 'b2', 'b3']) void gathering.do(item);
    expect(begun()).toEqual([['a1'], ['a2'], ['b1'], ['b2']]);
  });

  it('goes one by one when it failed together, so that an error is its own', async () => {
    const { gathering, batches, begun, answerAll } = slowWork();
    const answers = ['a', 'b', 'c', 'd'].map((item) => gathering.do(item));
    batches[0]?.answer();
    batches[1]?.answer();
    await settled();
    batches[2]?.fail();
    await settled();
    expect(begun()).toEqual([['a'], ['b'], ['c', 'd'], ['c'], ['d']]);
    expect(warnings).toEqual(['2 words go one by one: No c,d']);
    batches[3]?.fail();
    batches[4]?.answer();
    expect(await Promise.allSettled(answers)).toMatchObject([
      { value: 'A' },
      { value: 'B' },
      { reason: { message: 'No c' } },
      { value: 'D' },
    ]);
    const next = gathering.do('e');
    await answerAll();
    expect(await next).toBe('E');
  });
});
