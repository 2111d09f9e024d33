/** What the answers of some time tell. */
export interface Span {
  /** The time from a request to its answer on average, in milliseconds. */
  readonly meanMs: number;
  /** The shortest of them. */
  readonly shortestMs: number;
  /** How many requests were under way on average. */
  readonly underWay: number;
  /** The share of the answers by which the gateway asked for less, or that never came. */
  readonly refused: number;
}

/** A span has at least this many answers, else chance decides, and takes at least so long. */
const leastAnswers = 20;
const leastMs = 100;
/** A span covers round trips of twice the mean, else the quick ones among its requests would make up the mean. */
const leastMeans = 2;
/** Without an answer for so long, nothing was wanted. */
const idleMs = 1_000;

/** Measures the round trips to a gateway, span by span. Moments are those of a `Time`, as callers read it. */
export class RoundTrips {
  private startedAt = -Infinity;
  private answers = 0;
  private refused = 0;
  private totalMs = 0;
  private shortestMs = Infinity;
  /** Those of the answers whose requests were sent within the span: earlier ones tell of the span before. */
  private fresh = 0;
  private freshMs = 0;

  /** Notes an answer. @returns the span that ends with it, if one does */
  note(sentAt: number, now: number, isRefusal: boolean): Span | undefined {
    if (this.answers === 0 && sentAt - this.startedAt > idleMs) this.startedAt = sentAt;
    const ms = now - sentAt;
    this.answers++;
    this.totalMs += ms;
    if (ms < this.shortestMs) this.shortestMs = ms;
    if (isRefusal) this.refused++;
    if (sentAt >= this.startedAt) {
      this.fresh++;
      this.freshMs += ms;
    }
    const elapsedMs = now - this.startedAt;
    if (this.fresh < leastAnswers || elapsedMs < leastMs) return undefined;
    const meanMs = this.freshMs / this.fresh;
    if (elapsedMs < leastMeans * meanMs) return undefined;
    const { totalMs, shortestMs, refused, answers } = this;
    this.startedAt = now;
    this.answers = this.refused = this.totalMs = this.fresh = this.freshMs = 0;
    this.shortestMs = Infinity;
    // Little's law: what is under way on average is the time of all requests by the time that went by.
    return { meanMs, shortestMs, underWay: totalMs / elapsedMs, refused: refused / answers };
  }
}
