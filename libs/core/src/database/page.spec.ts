import { readPage, readPages } from './page';

const numbers = [1, 2, 3, 4, 5];
const lists = new Map([
  ['ann', numbers],
  ['ben', [6]],
]);
const readAll = (limit: number) =>
  Promise.resolve(
    [...lists].flatMap(([name, list]) => list.slice(0, limit).map((n) => [name, n] as const)),
  );

describe('a page', () => {
  it.each([
    [4, { items: [1, 2, 3, 4], hasMore: true }],
    [5, { items: numbers, hasMore: false }],
    [6, { items: numbers, hasMore: false }],
  ])('of %d of five items knows whether others follow', async (first, page) => {
    const read = jest.fn((limit: number) => Promise.resolve(numbers.slice(0, limit)));
    expect(await readPage({ first }, read)).toEqual(page);
    expect(read.mock.calls).toEqual([[first + 1]]);
  });

  it('is read for several parents at once, also for those who have nothing', async () => {
    expect(await readPages(['ann', 'ben', 'cid'], { first: 2 }, readAll)).toEqual(
      new Map([
        ['ann', { items: [1, 2], hasMore: true }],
        ['ben', { items: [6], hasMore: false }],
        ['cid', { items: [], hasMore: false }],
      ]),
    );
  });
});
