/** All in milliseconds. */
export interface Http2Timings {
  /** From the call to the whole answer, time in the queue included. */
  readonly requestTimeoutMs: number;
  /** To the peer's SETTINGS. */
  readonly connectTimeoutMs: number;
  /** A PING asks after a peer that leaves requests unanswered for so long, … */
  readonly pingBusyMs: number;
  /** … or is idle for so long (routers forget idle connections); without a PONG … */
  readonly pingIdleMs: number;
  /** … within so long, the connection is dead. */
  readonly pongTimeoutMs: number;
  /** The pauses between attempts to connect. */
  readonly firstBackoffMs: number;
  readonly maxBackoffMs: number;
  /** A connection is not given up for 5xx answers before. */
  readonly minLifeMs: number;
  /** How often deadlines and peers are looked after. */
  readonly sweepMs: number;
}

export const defaultTimings: Http2Timings = {
  requestTimeoutMs: 15_000,
  connectTimeoutMs: 10_000,
  pingBusyMs: 10_000,
  pingIdleMs: 60_000,
  pongTimeoutMs: 5_000,
  firstBackoffMs: 250,
  maxBackoffMs: 30_000,
  minLifeMs: 60_000,
  sweepMs: 1_000,
};
