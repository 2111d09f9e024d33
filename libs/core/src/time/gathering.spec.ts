import type { Logger } from '@nestjs/common';
import { until } from '@app/testing/time';
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
    await settled();
    for (const batch of batches) {
      batch.answer();
      await settled();
    }
  };
  return { gathering, batches, answerAll, begun: () => batches.map(({ items }) => items) };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('what comes at the same time', () => {
  it('goes together, and so does what comes while it is under way', async () => {
    const { gathering, batches, begun } = slowWork();
    const answers = ['a', 'b'].map((item) => gathering.do(item));
    await settled();
    answers.push(...['c', 'd', 'e'].map((item) => gathering.do(item)));
    await settled();
    expect(begun()).toEqual([['a', 'b']]);
    batches[0]?.answer();
    await settled();
    expect(begun()).toEqual([
      ['a', 'b'],
      ['c', 'd', 'e'],
    ]);
    batches[1]?.answer();
    expect(await Promise.all(answers)).toEqual(['A', 'B', 'C', 'D', 'E']);
  });

  it('waits for no other when it comes alone', async () => {
    const { gathering, batches, begun } = slowWork();
    const answers: Promise<string>[] = [];
    for (const [place, item] of ['a', 'b', 'c'].entries()) {
      answers.push(gathering.do(item));
      await settled();
      batches[place]?.answer();
      await settled();
    }
    expect(begun()).toEqual([['a'], ['b'], ['c']]);
    expect(await Promise.all(answers)).toEqual(['A', 'B', 'C']);
  });

  it('does not wait for long, whatever keeps those that came before', async () => {
    const { gathering, batches, begun } = slowWork();
    void gathering.do('a');
    await settled();
    for (const item of ['b', 'c']) void gathering.do(item);
    await until(() => batches.length === 2);
    void gathering.do('d');
    batches[1]?.answer();
    await until(() => batches.length === 3);
    expect(begun()).toEqual([['a'], ['b', 'c'], ['d']]);
  });

  it('goes by sizes, in its order, and what is larger than a batch goes by itself', async () => {
    const sizeOf = (item: string) => item.length;
    const { gathering, begun, answerAll } = slowWork({ largest: 4, sizeOf });
    const items = ['a', 'b', 'cc', 'dd', 'e', 'fffff', 'g', 'h'];
    const answers = items.map((item) => gathering.do(item));
    await answerAll();
    expect(begun()).toEqual([['a', 'b', 'cc'], ['dd', 'e'], ['fffff'], ['g', 'h']]);
    expect(await Promise.all(answers)).toEqual(items.map((item) => item.toUpperCase()));
  });

  it('goes together where it is the same', async () => {
    const { gathering, begun } = slowWork();
    for (const item of ['a', 'b', 'a']) void gathering.do(item);
    await settled();
    expect(begun()).toEqual([['a', 'b', 'a']]);
  });

  it('goes apart where it has a key in common, and none is passed over for long', async () => {
    const { gathering, begun, answerAll } = slowWork({ keyOf: (item) => item.charAt(0) });
    for (const item of ['a', 'b', 'c1', 'd', 'c2', 'e']) void gathering.do(item);
    await answerAll();
    expect(begun()).toEqual([['a', 'b', 'c1', 'd', 'e'], ['c2']]);
  });

  it('does not wait for what is in another queue', async () => {
    const { gathering, begun } = slowWork({ queueOf: (item) => item.charAt(0) });
    for (const item of ['a1', 'a2', 'b1', 'b2']) void gathering.do(item);
    await settled();
    expect(begun()).toEqual([
      ['a1', 'a2'],
      ['b1', 'b2'],
    ]);
  });

  it('goes one by one when it failed together, so that an error is its own', async () => {
    const { gathering, batches, begun, answerAll } = slowWork();
    const answers = ['a', 'b'].map((item) => gathering.do(item));
    await settled();
    batches[0]?.fail();
    await settled();
    expect(begun()).toEqual([['a', 'b'], ['a'], ['b']]);
    expect(warnings).toEqual(['2 words go one by one: No a,b']);
    batches[1]?.fail();
    batches[2]?.answer();
    expect(await Promise.allSettled(answers)).toMatchObject([
      { reason: { message: 'No a' } },
      { value: 'B' },
    ]);
    const next = gathering.do('c');
    await settled();
    await answerAll();
    expect(await next).toBe('C');
  });
});
