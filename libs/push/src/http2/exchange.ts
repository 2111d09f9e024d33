import type { OutgoingHttpHeaders } from 'node:http2';
import type { Fault } from '../gateway/outcome';

/** The connection that an answer came on. */
export interface Carrier {
  /** Takes no further request, and closes once those under way have their answers. */
  retire(): void;
}

/** A gateway's answer as it is on the wire. */
export interface Answer {
  readonly status: number;
  /** At most 64 KiB of text; empty for an answer without a body. */
  readonly body: string;
  readonly retryAfter: string | undefined;
  readonly connection: Carrier;
}

/** One request on its way to its answer, across the connections that may carry it. */
export class Exchange {
  /** Whether the gateway has refused the request unprocessed (REFUSED_STREAM, GOAWAY); it is repeated only once. */
  replayed = false;

  /** @param deadline on the scale of `performance.now()` */
  constructor(
    readonly headers: OutgoingHttpHeaders,
    readonly body: Buffer | string,
    readonly deadline: number,
    readonly settle: (result: Answer | Fault) => void,
  ) {}
}
