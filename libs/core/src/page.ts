/** Which end of a list by time comes first. */
export type ListOrder = 'newest' | 'oldest';

/** One page of a list. */
export interface PageRequest<Position = string> {
  /** At most this many. */
  readonly first: number;
  /** The place of the last one that was seen. */
  readonly after?: Position | undefined;
}

/** A list that an order leads through: what comes later, and how to sort. */
export const sqlOrders: Readonly<Record<ListOrder, { later: '<' | '>'; sort: 'DESC' | 'ASC' }>> = {
  newest: { later: '<', sort: 'DESC' },
  oldest: { later: '>', sort: 'ASC' },
};
