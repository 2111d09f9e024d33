import type { Fault } from '../gateway/outcome';
import type { Exchange } from './exchange';
import type { Http2Timings } from './http2-timings';
import type { Origin } from './origin';
import type { Time } from './time';

export interface ConnectionSettings {
  readonly timings: Http2Timings;
  readonly time: Time;
  /** Whether there is only one stream until the gateway accepted a request, as APNs wants it with provider tokens. */
  readonly oneStreamUntilAccepted: boolean;
}

/** The owner of a connection, which is told what becomes of it. */
export interface ConnectionOwner {
  /**
   * A request has its answer, or was given up.
   * @param isRefusal whether the gateway asked for less, or took too long
   */
  roundTrip(sentAt: number, now: number, isRefusal: boolean): void;
  /** One or more streams are free. */
  vacant(connection: Connection): void;
  /** The gateway certainly did not process the exchange. */
  refused(exchange: Exchange): void;
  /** The connection takes no further requests; those under way may still have their answers. */
  retired(connection: Connection): void;
  closed(connection: Connection, why: Fault): void;
}

/** One HTTP/2 session. It carries requests within the peer's stream limit, and notices when the peer is gone. */
export interface Connection {
  /** The number of requests that may be under way at once. */
  readonly window: number;
  /** The number of further requests that the connection takes now. */
  readonly free: number;
  /** Whether the connection is so full that another one should be on its way. Callers keep below the window, see `Slots`. */
  readonly busy: boolean;
  /** Whether the peer allows so few streams (FCM: about 100) that a second connection is worth its handshake. */
  readonly narrow: boolean;
  /** Whether at least one answer came, so that the peer is what it should be. */
  readonly answered: boolean;
  /** Sends a request; only while `free` is not 0. */
  carry(exchange: Exchange): void;
  /** Ends overdue requests, and asks a silent peer whether it still lives; called about once a second. */
  sweep(now: number): void;
  /** Takes no further request and closes once those under way have their answers. */
  retire(): void;
  /** Closes the connection now; whatever is under way is answered with `why`. */
  destroy(why: Fault): void;
}

/** Opens a connection, which takes requests once it tells its owner that it is vacant. */
export type Dial = (
  origin: Origin,
  owner: ConnectionOwner,
  settings: ConnectionSettings,
) => Connection;
