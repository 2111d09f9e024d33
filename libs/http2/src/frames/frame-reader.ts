import { frameHeaderBytes, frameTypes, maxPayloadBytes, ProtocolError } from './protocol';

const maxFrameBytes = frameHeaderBytes + maxPayloadBytes;

export interface FrameHandler {
  /** Takes a whole frame, whose payload is `bytes` from `start` to `end`. They are valid during the call only. */
  frame(
    type: number,
    flags: number,
    streamId: number,
    bytes: Buffer,
    start: number,
    end: number,
  ): void;
}

/** Cuts a peer's bytes into frames. What lies whole in a chunk isn't copied; at most one frame is kept for its rest. */
export class FrameReader {
  private partial = Buffer.alloc(0);
  /** The bytes in `partial`; 0 unless a chunk ended within a frame. */
  private held = 0;
  private begun = false;
  private stopped = false;

  constructor(private readonly handler: FrameHandler) {}

  /** Ends reading, also of the chunk in hand. */
  stop(): void {
    this.stopped = true;
  }

  /** @throws ProtocolError of this reader or its handler, after which nothing more may be read */
  read(chunk: Buffer): void {
    let at = this.held > 0 ? this.complete(chunk) : 0;
    while (!this.stopped && chunk.length - at >= frameHeaderBytes) {
      const end = at + frameHeaderBytes + this.lengthAt(chunk, at);
      if (end > chunk.length) break;
      this.handle(chunk, at, end);
      at = end;
    }
    if (!this.stopped && at < chunk.length) this.keep(chunk, at, chunk.length - at);
  }

  /** Adds to the frame that is kept, and hands it on when it is whole. @returns where the next frame begins */
  private complete(chunk: Buffer): number {
    let at = 0;
    if (this.held < frameHeaderBytes) {
      at = this.keep(chunk, 0, frameHeaderBytes - this.held);
      if (this.held < frameHeaderBytes) return at;
    }
    const size = frameHeaderBytes + this.lengthAt(this.partial, 0);
    at = this.keep(chunk, at, size - this.held);
    if (this.held === size) {
      this.held = 0;
      this.handle(this.partial, 0, size);
    }
    return at;
  }

  /** @returns where in the chunk the bytes end that are now kept */
  private keep(chunk: Buffer, from: number, bytes: number): number {
    if (this.partial.length === 0) this.partial = Buffer.allocUnsafeSlow(maxFrameBytes);
    const to = Math.min(chunk.length, from + bytes);
    this.held += chunk.copy(this.partial, this.held, from, to);
    return to;
  }

  /** Reads and checks the length in a frame's header. */
  private lengthAt(bytes: Buffer, at: number): number {
    const length = (byte(bytes, at) << 16) | (byte(bytes, at + 1) << 8) | byte(bytes, at + 2);
    if (!this.begun) {
      // §3.4. Checked before the length: of a peer that speaks HTTP/1.1, neither is what it seems.
      if (bytes[at + 3] !== frameTypes.settings) {
        throw new ProtocolError('PROTOCOL_ERROR', 'The peer does not begin with SETTINGS');
      }
      this.begun = true;
    }
    if (length > maxPayloadBytes) {
      throw new ProtocolError('FRAME_SIZE_ERROR', `A frame of ${length} bytes`);
    }
    return length;
  }

  private handle(bytes: Buffer, at: number, end: number): void {
    this.handler.frame(
      byte(bytes, at + 3),
      byte(bytes, at + 4),
      uint31(bytes, at + 5),
      bytes,
      at + frameHeaderBytes,
      end,
    );
  }
}

function byte(bytes: Buffer, at: number): number {
  return bytes[at] ?? 0;
}

/** Reads 31 bits; the reserved one before them is ignored. Faster than Buffer's own methods, which check what is known. */
export function uint31(bytes: Buffer, at: number): number {
  return uint32(bytes, at) & 0x7fff_ffff;
}

export function uint16(bytes: Buffer, at: number): number {
  return (byte(bytes, at) << 8) | byte(bytes, at + 1);
}

export function uint32(bytes: Buffer, at: number): number {
  return (
    ((byte(bytes, at) << 24) |
      (byte(bytes, at + 1) << 16) |
      (byte(bytes, at + 2) << 8) |
      byte(bytes, at + 3)) >>>
    0
  );
}
