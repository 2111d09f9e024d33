import { HeaderBlocks, maxHeaderListSize } from './connection/header-blocks';
import type { FloodGuard } from './connection/flood-guard';
import {
  checkTrailers,
  contentLengthOf,
  MalformedMessage,
  type HeaderField,
} from './connection/message-fields';
import { ReceiveWindows, streamWindow } from './connection/receive-windows';
import type { FrameWriter } from './frames/frame-writer';
import { contentEnd } from './frames/padding';
import { flags, settingIds } from './frames/protocol';
import { statusOf } from './response-fields';
import type { Stream } from './stream';
import type { Streams } from './streams';

/** What we tell the peer: the rest is as everybody begins. */
export const ourSettings = [
  [settingIds.enablePush, 0],
  [settingIds.initialWindowSize, streamWindow],
  [settingIds.maxHeaderListSize, maxHeaderListSize],
] as const;

/** Reads responses (RFC 9113 §8.1) from HEADERS, CONTINUATION and DATA, within our windows. */
export class Responses {
  readonly blocks: HeaderBlocks;
  private readonly windows: ReceiveWindows;

  constructor(
    private readonly streams: Streams,
    writer: FrameWriter,
    private readonly guard: FloodGuard,
  ) {
    this.windows = new ReceiveWindows(writer);
    this.blocks = new HeaderBlocks(guard, (id, endStream, fields) => {
      this.onFields(id, endStream, fields);
    });
  }

  onHeaders(flagBits: number, id: number, bytes: Buffer, start: number, end: number): void {
    this.streams.find(id);
    this.blocks.onHeaders(flagBits, id, bytes, start, end);
  }

  onData(flagBits: number, id: number, bytes: Buffer, start: number, end: number): void {
    const stream = this.streams.find(id);
    const to = contentEnd('DATA', flagBits, bytes, start, end);
    const from = (flagBits & flags.padded) === 0 ? start : start + 1;
    this.windows.count(end - start);
    const endStream = (flagBits & flags.endStream) !== 0;
    if (from === to && !endStream) this.guard.spend();
    if (stream === undefined) {
      this.onLate(id, endStream);
      return;
    }
    if (!endStream) this.windows.countFor(stream, end - start);
    if (!stream.begun) throw new MalformedMessage('content before its head');
    if (stream.missing !== -1 && (stream.missing -= to - from) < 0) {
      throw new MalformedMessage('more content than content-length');
    }
    if (from < to) stream.receiver.data(bytes.subarray(from, to));
    if (endStream) this.finish(stream);
  }

  private onFields(id: number, endStream: boolean, fields: readonly HeaderField[]): void {
    const stream = this.streams.find(id);
    if (stream === undefined) this.onLate(id, endStream);
    else if (stream.begun) this.onTrailers(stream, fields, endStream);
    else this.onHead(stream, fields, endStream);
  }

  private onHead(stream: Stream, fields: readonly HeaderField[], endStream: boolean): void {
    const status = statusOf(fields);
    if (status < 200) {
      if (endStream) throw new MalformedMessage(`status ${status} at the end`);
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
    if (!endStream) throw new MalformedMessage('header fields within content');
    checkTrailers(fields);
    this.finish(stream);
  }

  private finish(stream: Stream): void {
    // Its receiver may have cancelled it.
    if (stream.closed) return;
    if (stream.missing > 0) throw new MalformedMessage('less content than content-length');
    this.streams.close(stream);
    stream.receiver.end();
  }

  /** Ignores a frame on a stream that we reset. */
  private onLate(id: number, endStream: boolean): void {
    this.guard.spend();
    if (endStream) this.streams.settled(id);
  }
}
