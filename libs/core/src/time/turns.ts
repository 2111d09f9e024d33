/**
 * Lets loops that take long work in turns with all else that this process does: what comes over sockets is read, and
 * timers run, between one turn and the next. Each loop that waits gets a turn of its own, and goes on for as long as it
 * lasts: what is written meanwhile leaves together.
 */
export class Turns {
  private endsAt: number | undefined;
  private readonly waiting: (() => void)[] = [];

  /** @param ms how long a turn takes */
  constructor(private readonly ms: number) {}

  /** @returns a promise only when the process has been at it for long enough, to be awaited before going on */
  next(): Promise<void> | undefined {
    const now = performance.now();
    this.endsAt ??= this.begin(now);
    if (now < this.endsAt) return undefined;
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  private begin(now: number): number {
    setImmediate(() => {
      const resume = this.waiting.shift();
      this.endsAt = resume && this.begin(performance.now());
      resume?.();
    });
    return now + this.ms;
  }
}
