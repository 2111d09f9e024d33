/** The timings of connections and requests, all in milliseconds. */
export interface Http2Timings {
  /** From the call to the whole answer, including time in the queue. */
  readonly requestTimeoutMs: number;
  /** From the start of a connection to the peer's SETTINGS. */
  readonly connectTimeoutMs: number;
  /** How long a peer may leave requests unanswered before a PING is sent. */
  readonly pingBusyMs: number;
  /** How long a connection may be idle before a PING is sent; routers forget idle connections. */
  readonly pingIdleMs: number;
  /** How long a PONG may take before the connection counts as dead. */
  readonly pongTimeoutMs: number;
  /** The pauses between attempts to connect. */
  readonly firstBackoffMs: number;
  readonly maxBackoffMs: number;
  /** The least age at which a connection is given up for 5xx answers. */
  readonly minLifeMs: number;
  /** The least time from one further connection to the next. */
  readonly growMs: number;
  /** How long a connection is kept that the requests do not ask for. */
  readonly surplusMs: number;
  /** How often deadlines and peers are checked. */
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
  growMs: 500,
  surplusMs: 300_000,
  sweepMs: 1_000,
};
