/** Returns the value below which a share of the values are, e.g. the median for 0.5. */
export const quantile = (share: number, values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length * share)] ?? NaN;

/** Returns the middle of several measurements, which a single disturbed round does not move. */
export const median = (values: readonly number[]): number => quantile(0.5, values);

export const rounded = (value: number): number => Math.round(value * 100) / 100;

/** Tells of delays, in milliseconds, what half of them and what all but a hundredth do not exceed. */
export const delays = (ms: readonly number[]) => ({
  p50Ms: rounded(quantile(0.5, ms)),
  p99Ms: rounded(quantile(0.99, ms)),
});
