import type { FrameWriter } from '../frames/frame-writer';
import {
  defaultWindow,
  flags,
  frameHeaderBytes,
  frameTypes,
  maxPayloadBytes,
  maxWindow,
  ProtocolError,
  StreamError,
} from '../frames/protocol';
import type { PeerSettings } from './peer-settings';

/** A stream on which a body goes out. */
export interface Outgoing {
  readonly id: number;
  /** What the peer's WINDOW_UPDATE gave less what was sent: with the initial window it is what may still be sent. */
  credit: number;
  /** What is still to be sent of the body. */
  unsent: Buffer | undefined;
}

/** Sends bodies within the peer's windows (RFC 9113 §5.2); what does not fit waits. */
export class Uploads<S extends Outgoing = Outgoing> {
  /** Whether the socket has taken too little of what it was given. */
  private congested = false;
  private window = defaultWindow;
  /** The streams whose bodies wait, in their order. */
  private readonly waiting = new Set<S>();

  /** @param owner is told of each stream whose body has gone */
  constructor(
    private readonly writer: FrameWriter,
    private readonly peer: PeerSettings,
    private readonly owner?: { sent(stream: S): void },
  ) {}

  /** Whether a body would be on its way at once, as far as the connection goes. */
  get open(): boolean {
    return !this.congested && this.window > 0;
  }

  /** @param bytes the length of the body, which is not 0 */
  send(stream: S, body: Buffer | string, bytes: number): void {
    const fits =
      !this.congested &&
      bytes <= this.window &&
      bytes <= this.peer.initialWindowSize &&
      bytes <= maxPayloadBytes;
    if (fits) {
      const { writer } = this;
      writer.reserve(frameHeaderBytes + bytes);
      if (typeof body === 'string') writer.bytes.write(body, writer.at + frameHeaderBytes);
      else writer.bytes.set(body, writer.at + frameHeaderBytes);
      this.frame(stream, bytes, flags.endStream);
      this.owner?.sent(stream);
    } else {
      stream.unsent = typeof body === 'string' ? Buffer.from(body) : body;
      this.waiting.add(stream);
      this.go(stream, stream.unsent);
    }
  }

  /** Waits for the socket. */
  hold(): void {
    this.congested = true;
  }

  /** Goes on, as the socket has taken everything. */
  release(): void {
    this.congested = false;
    this.resume();
  }

  /** Sends what the windows and the socket allow now. */
  resume(): void {
    for (const stream of this.waiting) {
      if (!this.open) return;
      if (stream.unsent !== undefined) this.go(stream, stream.unsent);
    }
  }

  /** Gives up the rest of a stream's body. */
  drop(stream: S): void {
    if (stream.unsent === undefined) return;
    stream.unsent = undefined;
    this.waiting.delete(stream);
  }

  /** Tells whether a body waits for a larger window: the stream's, or without a stream that of the connection. */
  wants(stream: S | undefined): boolean {
    if (stream === undefined) return this.waiting.size > 0 && this.window <= 0;
    const { unsent, credit } = stream;
    return unsent !== undefined && this.peer.initialWindowSize + credit < unsent.length;
  }

  /** Heeds a WINDOW_UPDATE for the connection. @throws ProtocolError */
  widen(increment: number): void {
    if (increment === 0) throw new ProtocolError('PROTOCOL_ERROR', 'WINDOW_UPDATE of 0');
    this.window += increment;
    if (this.window > maxWindow) throw new ProtocolError('FLOW_CONTROL_ERROR', 'Window too large');
    this.resume();
  }

  /** Heeds a WINDOW_UPDATE for a stream. @throws StreamError */
  widenStream(stream: S, increment: number): void {
    if (increment === 0) throw new StreamError('PROTOCOL_ERROR', 'WINDOW_UPDATE of 0');
    stream.credit += increment;
    if (stream.credit + this.peer.initialWindowSize > maxWindow) {
      throw new StreamError('FLOW_CONTROL_ERROR', 'Window too large');
    }
    if (stream.unsent !== undefined) this.go(stream, stream.unsent);
  }

  private go(stream: S, body: Buffer): void {
    let at = 0;
    while (this.open && at < body.length) {
      const allowed = Math.min(this.window, this.peer.initialWindowSize + stream.credit);
      const bytes = Math.min(allowed, body.length - at, maxPayloadBytes);
      if (bytes <= 0) break;
      this.writer.reserve(frameHeaderBytes + bytes);
      body.copy(this.writer.bytes, this.writer.at + frameHeaderBytes, at, at + bytes);
      at += bytes;
      this.frame(stream, bytes, at === body.length ? flags.endStream : 0);
    }
    if (at < body.length) {
      stream.unsent = body.subarray(at);
      return;
    }
    this.drop(stream);
    this.owner?.sent(stream);
  }

  private frame(stream: S, bytes: number, flagBits: number): void {
    this.writer.frame(frameTypes.data, flagBits, stream.id, bytes);
    this.window -= bytes;
    stream.credit -= bytes;
  }
}
