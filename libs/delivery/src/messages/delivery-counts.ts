/** How many deliveries of a message are in each state. */
export interface DeliveryCounts {
  readonly total: number;
  readonly pending: number;
  readonly accepted: number;
  readonly failed: number;
  readonly skipped: number;
  readonly expired: number;
}

export const nothingYet: DeliveryCounts = {
  total: 0,
  pending: 0,
  accepted: 0,
  failed: 0,
  skipped: 0,
  expired: 0,
};

/** The number of pending deliveries of a row of `chunks`. */
export const sqlPending = 'size - accepted - failed - skipped - expired';

/** The columns of `DeliveryCounts`, summed over rows of `chunks`; zeros where there are none. */
export const sqlCounts = Object.entries({
  total: 'size',
  pending: sqlPending,
  accepted: 'accepted',
  failed: 'failed',
  skipped: 'skipped',
  expired: 'expired',
} satisfies Record<keyof DeliveryCounts, string>)
  .map(([name, column]) => `coalesce(sum(${column}), 0)::int AS ${name}`)
  .join(', ');
