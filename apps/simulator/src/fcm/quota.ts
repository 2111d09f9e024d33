/** Grants a fixed number of uses per window of time, to any number of names. */
export class WindowQuota {
  #used = new Map<string, number>();
  #windowStartMs = -Infinity;

  /**
   * @param phaseMs where in the clock's minute (hour, …) the windows begin: Google's are not aligned with it
   * @param limit uses of one name in one window; 0: no limit
   */
  constructor(
    private readonly limit: number,
    private readonly windowMs: number,
    private readonly phaseMs = 0,
  ) {}

  /** @returns 0 when the use is granted, else the milliseconds until the next window. */
  take(name: string, nowMs: number): number {
    if (this.limit === 0) return 0;
    const startMs =
      nowMs - ((((nowMs - this.phaseMs) % this.windowMs) + this.windowMs) % this.windowMs);
    if (startMs !== this.#windowStartMs) {
      this.#windowStartMs = startMs;
      this.#used = new Map();
    }
    const used = this.#used.get(name) ?? 0;
    if (used >= this.limit) return startMs + this.windowMs - nowMs;
    this.#used.set(name, used + 1);
    return 0;
  }

  reset(): void {
    this.#used = new Map();
  }
}

/** Grants bursts of uses that refill one by one. */
export class TokenBucket {
  readonly #levels = new Map<string, { level: number; atMs: number }>();

  constructor(
    private readonly burst: number,
    private readonly refillMs: number,
  ) {}

  /** @returns 0 when the use is granted, else the milliseconds until one will be. */
  take(name: string, nowMs: number): number {
    const { level, atMs } = this.#levels.get(name) ?? { level: this.burst, atMs: nowMs };
    const filled = Math.min(this.burst, level + (nowMs - atMs) / this.refillMs);
    if (filled < 1) return Math.ceil((1 - filled) * this.refillMs);
    this.#levels.set(name, { level: filled - 1, atMs: nowMs });
    return 0;
  }

  reset(): void {
    this.#levels.clear();
  }
}
