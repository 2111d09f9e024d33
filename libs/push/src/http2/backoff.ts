/** Says how long to leave a peer alone after failures in a row: exponential, with jitter. Times are `performance.now()`. */
export class Backoff {
  private failures = 0;
  private until = 0;

  constructor(
    private readonly firstMs: number,
    private readonly maxMs: number,
  ) {}

  /** Notes a failure. Half of each pause is random, lest all workers come back at the same moment. */
  failed(): void {
    const pauseMs = Math.min(this.maxMs, this.firstMs * 2 ** this.failures++);
    this.until = performance.now() + pauseMs * (0.5 + Math.random() / 2);
  }

  succeeded(): void {
    this.failures = 0;
    this.until = 0;
  }

  /** The milliseconds until the next attempt is due; 0 when it is. */
  get remainingMs(): number {
    return this.until === 0 ? 0 : Math.max(0, Math.ceil(this.until - performance.now()));
  }
}
