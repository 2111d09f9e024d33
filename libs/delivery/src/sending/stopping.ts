import { Injectable } from '@nestjs/common';

/** How long results are kept for a database that is away while this process ends: containers are killed after 10 seconds. */
const graceMs = 5_000;

/** The end of this process, as those see it that have work in hand. */
@Injectable()
export class Stopping {
  private readonly controller = new AbortController();
  private isOverAt = Infinity;

  /** Ends what is under way early; deliveries not yet sent stay pending. */
  begin(): void {
    this.isOverAt = performance.now() + graceMs;
    this.controller.abort();
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** Whether nothing may be waited for any longer. */
  get isOver(): boolean {
    return performance.now() >= this.isOverAt;
  }
}
