import type { HeaderField } from './connection/message-fields';

/** Why a request has no answer. */
export type Loss =
  /** The peer has certainly not processed it: REFUSED_STREAM, GOAWAY, or it was never written. */
  | { readonly why: 'unprocessed' }
  /** The peer reset its stream, or we did as the answer was malformed. */
  | { readonly why: 'reset'; readonly detail: string };

/** The sender of a request, which is told what becomes of it, until `end` or `lost`. */
export interface Receiver {
  /** The response begins; informational ones (1xx) are left out. */
  head(status: number, fields: readonly HeaderField[]): void;
  /** A part of the content came; the bytes are valid during the call only. */
  data(bytes: Buffer): void;
  /** The response is whole; trailers are left out. */
  end(): void;
  lost(loss: Loss): void;
}

/** A request under way. */
export class Stream<R extends Receiver = Receiver> {
  /** What the peer's WINDOW_UPDATE gave less what was sent: with the initial window it is what may still be sent. */
  credit = 0;
  /** What is still to be sent of the body. */
  unsent: Buffer | undefined;
  /** Whether the response has begun. */
  begun = false;
  /** What is missing of the content according to content-length; -1 if that is unknown. */
  missing = -1;
  /** The bytes received since our last WINDOW_UPDATE. */
  received = 0;
  closed = false;

  constructor(
    readonly id: number,
    readonly receiver: R,
  ) {}
}
