import type { Span } from './round-trips';

/** The window is never narrower than this, so that it is soon learnt when the gateway is well again. */
const leastRequests = 16;
const leastShare = 2 ** -10;
/** What a span of nothing but trouble takes from the window, and what one without any gives back. */
const most = 1 / 2;
const step = 1 / 16;
/** How long a round trip may be before the window narrows: so many times the usual one, and so much more. */
const patience = 2;
const patienceMs = 200;
/** How many times the usual round trip one may be for which few requests wait at the gateway. */
const steadiness = 1.5;
/** How many times the shortest of all it may be: when even the first spans were full, the usual one tells nothing. */
const spread = 4;
/** How long the shortest round trip counts as the usual one. */
const memoryMs = 300_000;

/**
 * Says how many of the streams of its connections the sender should use: fewer while the gateway asks for less, or takes the
 * longer the more it is asked; span by span all of them again.
 */
export class CongestionWindow {
  private share = 1;
  private usualMs = Infinity;
  /** The shortest mean since `rememberedAt`, and the shortest round trip of late. */
  private shortestMs = Infinity;
  private quickestMs = Infinity;
  private rememberedAt = 0;
  /** The mean that shows, after the window was narrowed for slowness, that it is our requests that wait. */
  private relievedMs = Infinity;
  /** Whether the whole window may be used, and a wider one would let more requests through. */
  steady = false;

  /** @param streams what the connections would take @returns what they should be given */
  of(streams: number): number {
    return Math.min(streams, Math.max(leastRequests, Math.floor(streams * this.share)));
  }

  /** Learns from a span. @param now its end, by a `Time` */
  heed({ meanMs, shortestMs, refused }: Span, now: number): void {
    this.remember(meanMs, shortestMs, now);
    // No shorter though fewer were under way: so long is the gateway's own time.
    if (meanMs > this.relievedMs) this.usualMs = meanMs;
    const slowness = Math.max(0, 1 - (this.usualMs * patience + patienceMs) / meanMs);
    const loss = Math.max(refused, slowness) * most;
    const narrows = loss > step;
    this.share = narrows
      ? Math.max(leastShare, this.share * (1 - loss))
      : Math.min(1, this.share + step - loss);
    this.relievedMs = narrows && slowness > 0 ? meanMs * (1 - loss / 2) : Infinity;
    this.steady =
      this.share === 1 && meanMs <= Math.min(this.usualMs * steadiness, this.quickestMs * spread);
  }

  private remember(meanMs: number, quickestMs: number, now: number): void {
    if (now - this.rememberedAt > memoryMs) {
      this.usualMs = this.shortestMs;
      this.shortestMs = Infinity;
      this.quickestMs = Infinity;
      this.rememberedAt = now;
    }
    this.shortestMs = Math.min(this.shortestMs, meanMs);
    this.quickestMs = Math.min(this.quickestMs, quickestMs);
    this.usualMs = Math.min(this.usualMs, meanMs);
  }
}
