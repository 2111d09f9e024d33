/** The end of a list by time that comes first. */
export type ListOrder = 'newest' | 'oldest';

/** One page of a list. */
export interface PageRequest<Position = string> {
  /** The most items of the page. */
  readonly first: number;
  /** The place of the last item that was seen. */
  readonly after?: Position | undefined;
}

/** The comparison that finds what comes later in a list, and its sort order. */
export const sqlOrders: Readonly<Record<ListOrder, { later: '<' | '>'; sort: 'DESC' | 'ASC' }>> = {
  newest: { later: '<', sort: 'DESC' },
  oldest: { later: '>', sort: 'ASC' },
};
