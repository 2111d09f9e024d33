import type { FloodGuard } from './flood-guard';
import type { FrameWriter } from './frames/frame-writer';
import { flags, ProtocolError, settingIds } from './frames/protocol';
import { HeaderBlock } from './header-block';
import { Decoder } from './hpack/decoder';
import {
  checkTrailers,
  contentLengthOf,
  MalformedResponse,
  statusOf,
  type HeaderField,
} from './response-fields';
import type { Stream } from './stream';
import type { Streams } from './streams';

/** What the answer on one stream, and all answers together, may be ahead of us. */
const streamWindow = 131_072;
export const connectionWindow = 1 << 20;
const maxHeaderListSize = 32_768;

/** What we tell the peer: the rest is as everybody begins. */
export const ourSettings = [
  [settingIds.enablePush, 0],
  [settingIds.initialWindowSize, streamWindow],
  [settingIds.maxHeaderListSize, maxHeaderListSize],
] as const;

/** Reads responses (RFC 9113 §8.1) from HEADERS, CONTINUATION and DATA, within our windows. */
export class Responses {
  private readonly decoder = new Decoder(undefined, maxHeaderListSize);
  /** The header block that the next frame must go on with. */
  private block: HeaderBlock | undefined;
  /** The bytes received since our last WINDOW_UPDATE for the connection. */
  private received = 0;

  constructor(
    private readonly streams: Streams,
    private readonly writer: FrameWriter,
    private readonly guard: FloodGuard,
  ) {}

  /** Whether nothing but CONTINUATION may come (§4.3). */
  get inBlock(): boolean {
    return this.block !== undefined;
  }

  onHeaders(flagBits: number, id: number, bytes: Buffer, start: number, end: number): void {
    this.streams.find(id);
    let from = start;
    if ((flagBits & flags.priority) !== 0) from += 5;
    const to = end - paddingOf(flagBits, bytes, start, end);
    if ((flagBits & flags.padded) !== 0) from++;
    if (from > end) throw new ProtocolError('FRAME_SIZE_ERROR', 'HEADERS too short');
    if (from > to) throw tooMuchPadding();
    const endStream = (flagBits & flags.endStream) !== 0;
    if ((flagBits & flags.endHeaders) !== 0) {
      this.onBlock(id, endStream, bytes.subarray(from, to));
    } else {
      this.block = new HeaderBlock(id, endStream);
      this.block.add(bytes, from, to);
    }
  }

  onContinuation(flagBits: number, id: number, bytes: Buffer, start: number, end: number): void {
    const { block } = this;
    if (block?.streamId !== id) {
      throw new ProtocolError('PROTOCOL_ERROR', 'CONTINUATION of nothing');
    }
    this.guard.spend();
    block.add(bytes, start, end);
    if ((flagBits & flags.endHeaders) === 0) return;
    this.block = undefined;
    this.onBlock(id, block.endStream, block.whole());
  }

  onData(flagBits: number, id: number, bytes: Buffer, start: number, end: number): void {
    const stream = this.streams.find(id);
    const from = (flagBits & flags.padded) === 0 ? start : start + 1;
    if (from > end) throw new ProtocolError('FRAME_SIZE_ERROR', 'DATA too short');
    const to = end - paddingOf(flagBits, bytes, start, end);
    if (from > to) throw tooMuchPadding();
    this.count(end - start);
    const endStream = (flagBits & flags.endStream) !== 0;
    if (from === to && !endStream) this.guard.spend();
    if (stream === undefined) {
      this.onLate(id, endStream);
      return;
    }
    this.countFor(stream, end - start, endStream);
    if (!stream.begun) throw new MalformedResponse('content before its head');
    if (stream.missing !== -1 && (stream.missing -= to - from) < 0) {
      throw new MalformedResponse('more content than content-length');
    }
    if (from < to) stream.receiver.data(bytes.subarray(from, to));
    if (endStream) this.finish(stream);
  }

  private onBlock(id: number, endStream: boolean, block: Buffer): void {
    // Decoded whatever becomes of it (§4.3), for later blocks refer to it.
    const fields = this.decoder.decode(block);
    if (fields === undefined) {
      throw new ProtocolError('ENHANCE_YOUR_CALM', 'More header fields than SETTINGS allow');
    }
    const stream = this.streams.find(id);
    if (stream === undefined) this.onLate(id, endStream);
    else if (stream.begun) this.onTrailers(stream, fields, endStream);
    else this.onHead(stream, fields, endStream);
  }

  private onHead(stream: Stream, fields: readonly HeaderField[], endStream: boolean): void {
    const status = statusOf(fields);
    if (status < 200) {
      if (endStream) throw new MalformedResponse(`status ${status} at the end`);
      this.guard.spend();
      return;
    }
    stream.begun = true;
    // RFC 9110 §8.6: what the content would have been.
    stream.missing = status === 304 ? -1 : contentLengthOf(fields);
    stream.receiver.head(status, fields);
    if (endStream) this.finish(stream);
  }

  private onTrailers(stream: Stream, fields: readonly HeaderField[], endStream: boolean): void {
    if (!endStream) throw new MalformedResponse('header fields within content');
    checkTrailers(fields);
    this.finish(stream);
  }

  private finish(stream: Stream): void {
    // Its receiver may have cancelled it.
    if (stream.closed) return;
    if (stream.missing > 0) throw new MalformedResponse('less content than content-length');
    this.streams.close(stream);
    stream.receiver.end();
  }

  /** Ignores a frame on a stream that we reset. */
  private onLate(id: number, endStream: boolean): void {
    this.guard.spend();
    if (endStream) this.streams.settled(id);
  }

  /**
   * Counts bytes against the connection's window, padding as well (§6.1). Receivers take at once what comes, so that it is
   * given back before the window is used up, and no peer can be beyond it.
   */
  private count(bytes: number): void {
    this.received += bytes;
    if (this.received * 2 < connectionWindow) return;
    this.writer.windowUpdate(0, this.received);
    this.received = 0;
  }

  private countFor(stream: Stream, bytes: number, endStream: boolean): void {
    stream.received += bytes;
    if (endStream || stream.received * 2 < streamWindow) return;
    this.writer.windowUpdate(stream.id, stream.received);
    stream.received = 0;
  }
}

function paddingOf(flagBits: number, bytes: Buffer, start: number, end: number): number {
  return (flagBits & flags.padded) === 0 || start === end ? 0 : (bytes[start] ?? 0);
}

function tooMuchPadding(): ProtocolError {
  return new ProtocolError('PROTOCOL_ERROR', 'More padding than payload');
}
