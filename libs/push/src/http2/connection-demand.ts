import type { Span } from './round-trips';

/** The share of the streams in use from which another connection is worth its handshake. */
const fullShare = 0.6;
/** The share of the streams of one connection less that must be free before it goes. */
const spareShare = 0.55;

/**
 * Says whether the requests under way, which are the rate by the round trip, ask for more connections than there are, or
 * fewer. Moments are those of a `Time`.
 */
export class ConnectionDemand {
  private changedAt = -Infinity;
  /** When the requests under way last asked for as many connections as there were. */
  private neededAt = -Infinity;

  /**
   * @param growMs the least time from one connection to the next: rapid connects look like an attack
   * @param surplusMs how long a connection is kept that nothing asks for
   */
  constructor(
    private readonly growMs: number,
    private readonly surplusMs: number,
  ) {}

  /** Notes that a connection is being opened. */
  opened(now: number): void {
    this.changedAt = this.neededAt = now;
  }

  /** Learns from a span. @returns whether another connection is asked for now */
  heed({ underWay }: Span, streams: number, connections: number, now: number): boolean {
    const streamsOfFewer = (streams * (connections - 1)) / connections;
    if (underWay > streamsOfFewer * (1 - spareShare)) this.neededAt = now;
    return underWay > streams * fullShare && now - this.changedAt >= this.growMs;
  }

  /** Tells whether one of the connections may go; whether the next may go too is told `growMs` later. */
  hasSurplus(connections: number, now: number): boolean {
    if (connections < 2 || now - this.neededAt < this.surplusMs) return false;
    if (now - this.changedAt < this.growMs) return false;
    this.changedAt = now;
    return true;
  }
}
