import type { FrameWriter } from '../frames/frame-writer';

/** What a peer may be ahead of us on one stream, and on all together. */
export const streamWindow = 131_072;
export const connectionWindow = 1 << 20;

/** A stream, with the bytes received on it since our last WINDOW_UPDATE for it. */
export interface Received {
  readonly id: number;
  received: number;
}

/**
 * Gives the peer back what it has used of our windows (RFC 9113 §6.9), padding as well. What comes is taken at once, so that it
 * is given back before a window is used up, and no peer can be beyond one.
 */
export class ReceiveWindows {
  /** The bytes received since our last WINDOW_UPDATE for the connection. */
  private received = 0;

  constructor(private readonly writer: FrameWriter) {}

  /** Counts bytes, of whatever stream. */
  count(bytes: number): void {
    this.received += bytes;
    if (this.received * 2 < connectionWindow) return;
    this.writer.windowUpdate(0, this.received);
    this.received = 0;
  }

  /** Counts bytes of a stream that goes on. */
  countFor(stream: Received, bytes: number): void {
    stream.received += bytes;
    if (stream.received * 2 < streamWindow) return;
    this.writer.windowUpdate(stream.id, stream.received);
    stream.received = 0;
  }
}
