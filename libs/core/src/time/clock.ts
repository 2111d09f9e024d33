/** The only source of time, so that tests can move it. */
export abstract class Clock {
  abstract now(): Date;

  /** Returns milliseconds since some moment, for durations within this process: nobody sets this clock back or ahead. */
  elapsedMs(): number {
    return performance.now();
  }
}

export class SystemClock extends Clock {
  now(): Date {
    return new Date();
  }
}

/**
 * Tells the time of the database's clock, which all processes share, for times that others compare with their own: this
 * machine's clock may be wrong. It goes on from the last time that the database told; until then it is this machine's
 * time.
 */
export class DatabaseClock extends Clock {
  private told: { readonly ms: number; readonly sinceMs: number } | undefined;

  constructor(private readonly own: Clock) {
    super();
  }

  /** Takes a `now()` that the database answered a moment ago. */
  observe(at: Date): void {
    this.told = { ms: at.getTime(), sinceMs: performance.now() };
  }

  now(): Date {
    if (this.told === undefined) return this.own.now();
    return new Date(this.told.ms + performance.now() - this.told.sinceMs);
  }
}
