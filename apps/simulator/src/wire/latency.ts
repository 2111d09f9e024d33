/** Milliseconds: a fixed number, or an exponential tail above a minimum, as networks have it. */
export type Latency = number | { readonly mean: number; readonly minimum?: number };

/** @returns the milliseconds that the next answer takes. */
export function sampleLatency(latency: Latency): number {
  if (typeof latency === 'number') return latency;
  const { mean, minimum = 0 } = latency;
  return minimum - Math.log(1 - Math.random()) * Math.max(0, mean - minimum);
}
