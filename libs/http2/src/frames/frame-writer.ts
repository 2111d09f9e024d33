import {
  errorCodes,
  flags,
  frameHeaderBytes,
  frameTypes,
  maxPayloadBytes,
  type ErrorName,
} from './protocol';

/** What a buffer holds; many frames, and the largest of them by far. */
const bufferBytes = 65_536;
/** Buffers that are free for the next writes, of all connections; and how many are kept. */
const spares: Buffer[] = [];
const maxSpares = 16;

/** Where the bytes go. `written` is called when the buffer is free for others. */
export type Sink = (bytes: Buffer, written: () => void) => void;

/** Gathers frames in a buffer, which leaves when it is full, or by `flush`. */
export class FrameWriter {
  /** Callers write what follows the header of the next frame. */
  bytes = takeBuffer();
  /** Where in `bytes` the next frame begins. */
  at = 0;

  constructor(private readonly sink: Sink) {}

  /** Makes room for so many bytes at `at`; at most 64 KiB. */
  reserve(bytes: number): void {
    if (this.bytes.length - this.at < bytes) this.flush();
  }

  /** Writes a frame's header at `at`, whose payload the caller has put behind it or is about to, and goes behind both. */
  frame(type: number, flagBits: number, streamId: number, length: number): void {
    const { bytes, at } = this;
    bytes[at] = length >>> 16;
    bytes[at + 1] = length >>> 8;
    bytes[at + 2] = length;
    bytes[at + 3] = type;
    bytes[at + 4] = flagBits;
    putUint32(bytes, at + 5, streamId);
    this.at = at + frameHeaderBytes + length;
  }

  preface(): void {
    this.at += this.bytes.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', this.at);
  }

  settings(pairs: readonly (readonly [id: number, value: number])[]): void {
    this.reserve(frameHeaderBytes + 6 * pairs.length);
    let at = this.at + frameHeaderBytes;
    for (const [id, value] of pairs) {
      this.bytes[at] = id >>> 8;
      this.bytes[at + 1] = id;
      putUint32(this.bytes, at + 2, value);
      at += 6;
    }
    this.frame(frameTypes.settings, 0, 0, 6 * pairs.length);
  }

  /** Writes HEADERS, and CONTINUATION where it must, for a block that the caller has put behind the next frame's header. */
  headers(streamId: number, flagBits: number, blockBytes: number): void {
    if (blockBytes <= maxPayloadBytes) {
      this.frame(frameTypes.headers, flagBits | flags.endHeaders, streamId, blockBytes);
      return;
    }
    const start = this.at + frameHeaderBytes;
    const block = Buffer.from(this.bytes.subarray(start, start + blockBytes));
    for (let from = 0; from < blockBytes; from += maxPayloadBytes) {
      const to = Math.min(from + maxPayloadBytes, blockBytes);
      block.copy(this.bytes, this.at + frameHeaderBytes, from, to);
      const isLast = to === blockBytes ? flags.endHeaders : 0;
      if (from === 0) this.frame(frameTypes.headers, flagBits | isLast, streamId, to);
      else this.frame(frameTypes.continuation, isLast, streamId, to - from);
    }
  }

  settingsAck(): void {
    this.reserve(frameHeaderBytes);
    this.frame(frameTypes.settings, flags.ack, 0, 0);
  }

  /** @param opaque holds the eight bytes of the PING from `from` on */
  ping(flagBits: number, opaque: Buffer, from = 0): void {
    this.reserve(frameHeaderBytes + 8);
    opaque.copy(this.bytes, this.at + frameHeaderBytes, from, from + 8);
    this.frame(frameTypes.ping, flagBits, 0, 8);
  }

  windowUpdate(streamId: number, increment: number): void {
    this.reserve(frameHeaderBytes + 4);
    putUint32(this.bytes, this.at + frameHeaderBytes, increment);
    this.frame(frameTypes.windowUpdate, 0, streamId, 4);
  }

  rstStream(streamId: number, code: ErrorName): void {
    this.reserve(frameHeaderBytes + 4);
    putUint32(this.bytes, this.at + frameHeaderBytes, errorCodes[code]);
    this.frame(frameTypes.rstStream, 0, streamId, 4);
  }

  /** @param lastId the last stream of the peer that was processed; a server opens none, as push is off */
  goAway(code: ErrorName, debugData: string, lastId = 0): void {
    const length = 8 + Buffer.byteLength(debugData);
    this.reserve(frameHeaderBytes + length);
    const at = this.at + frameHeaderBytes;
    putUint32(this.bytes, at, lastId);
    putUint32(this.bytes, at + 4, errorCodes[code]);
    this.bytes.write(debugData, at + 8);
    this.frame(frameTypes.goAway, 0, 0, length);
  }

  /** Drops what has not left yet. */
  discard(): void {
    this.at = 0;
  }

  flush(): void {
    if (this.at === 0) return;
    const { bytes } = this;
    this.sink(bytes.subarray(0, this.at), () => {
      if (spares.length < maxSpares) spares.push(bytes);
    });
    this.bytes = takeBuffer();
    this.at = 0;
  }
}

function takeBuffer(): Buffer {
  return spares.pop() ?? Buffer.allocUnsafeSlow(bufferBytes);
}

function putUint32(bytes: Buffer, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}
