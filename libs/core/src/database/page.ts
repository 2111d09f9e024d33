import { listsBy } from './rows';

/** The end of a list by time that comes first. */
export type ListOrder = 'newest' | 'oldest';

/** The page of a list that is wanted. */
export interface PageRequest<Position> {
  /** The most items of the page. */
  readonly first: number;
  /** The place of the last item that was seen: the members that the list is sorted by. */
  readonly after?: Position | undefined;
}

/** One page of a list. */
export interface Page<Item> {
  readonly items: readonly Item[];
  /** Whether other items follow. */
  readonly hasMore: boolean;
}

/** Reads a page. @param read gets as many rows as it is told: one more than the page holds, to see whether others follow */
export async function readPage<Item>(
  { first }: PageRequest<unknown>,
  read: (limit: number) => Promise<readonly Item[]>,
): Promise<Page<Item>> {
  return pageOf(await read(first + 1), first);
}

/** Reads a page for each of several parents. @param read gets as many rows of each as it is told, with the parent of each */
export async function readPages<Parent, Item>(
  parents: readonly Parent[],
  { first }: PageRequest<unknown>,
  read: (limit: number) => Promise<readonly (readonly [Parent, Item])[]>,
): Promise<Map<Parent, Page<Item>>> {
  const lists = listsBy(parents, await read(first + 1), (placed) => placed);
  return new Map([...lists].map(([parent, items]) => [parent, pageOf(items, first)]));
}

/** How far a list is counted: a count reads every row, and nobody needs more than "10 000 and more". */
export const mostCounted = 10_000;

/**
 * Writes a count that reads no more than it has to tell: one more than `mostCounted` stands for all that are beyond.
 * @param rows a SELECT of the rows to count, without their columns
 */
export const sqlCount = (rows: string) =>
  `SELECT count(*)::int AS total FROM (${rows} LIMIT ${mostCounted + 1}) AS counted`;

/** The page of a list without items. */
export const emptyPage: Page<never> = { items: [], hasMore: false };

const pageOf = <Item>(rows: readonly Item[], first: number): Page<Item> => ({
  items: rows.slice(0, first),
  hasMore: rows.length > first,
});

/** The comparison that finds what comes later in a list, and its sort order. */
export const sqlOrders: Readonly<Record<ListOrder, { later: '<' | '>'; sort: 'DESC' | 'ASC' }>> = {
  newest: { later: '<', sort: 'DESC' },
  oldest: { later: '>', sort: 'ASC' },
};
