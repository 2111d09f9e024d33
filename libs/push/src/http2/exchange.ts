import type { Fault } from '../gateway/outcome';

/** A gateway's answer as it is on the wire. */
export interface Answer {
  readonly status: number;
  /** At most 64 KiB of text; empty for an answer without a body. */
  readonly body: string;
  readonly retryAfter: string | undefined;
  /** Lets the connection that it came on take no further request. */
  readonly retire: () => void;
}

/** Header fields by their lower-case names. */
export type HeaderFields = Readonly<Record<string, string>>;

/** One request on its way to its answer, across the connections that may carry it. */
export class Exchange {
  /** Whether the gateway has refused the request unprocessed (REFUSED_STREAM, GOAWAY); it is repeated only once. */
  replayed = false;

  /**
   * @param head the same object for all requests of a message, so that a connection may encode it once
   * @param own what differs by device or by hour
   * @param deadline by the pool's `Time`
   * @param mayLeave is asked whenever it could leave, and now and then while it waits
   */
  constructor(
    readonly head: HeaderFields,
    readonly own: HeaderFields,
    readonly body: Buffer | string,
    readonly deadline: number,
    readonly mayLeave: () => boolean,
    readonly settle: (result: Answer | Fault) => void,
  ) {}
}
