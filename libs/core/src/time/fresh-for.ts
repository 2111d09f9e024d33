import type { Clock } from './clock';

/** Options of an `LRUCache` whose entries are fresh for `ms` milliseconds by `clock`, rather than by one of its own. */
export const freshFor = (clock: Clock, ms: number) => ({
  ttl: ms,
  // Each question looks at the clock: the cache would else remember for a millisecond how late it is.
  ttlResolution: 0,
  perf: { now: () => clock.elapsedMs() },
});
