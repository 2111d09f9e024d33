/** The only source of time, so that tests can move it. */
export abstract class Clock {
  abstract now(): Date;

  /** Milliseconds since some moment, for durations within this process: nobody sets this clock back or ahead. */
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
 * The time by the database's clock, which all processes share: what others compare with their own times is told by it,
 * since this machine's clock may be wrong. It goes on from the last time that the database told by how long ago that is
 * here; until it told one, it is this machine's time.
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
