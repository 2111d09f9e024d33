import type { FloodGuard } from '../connection/flood-guard';
import { HeaderBlocks } from '../connection/header-blocks';
import {
  checkTrailers,
  contentLengthOf,
  MalformedMessage,
  type HeaderField,
} from '../connection/message-fields';
import { ReceiveWindows } from '../connection/receive-windows';
import { ResetStreams } from '../connection/reset-streams';
import type { FrameWriter } from '../frames/frame-writer';
import { contentEnd } from '../frames/padding';
import { flags, ProtocolError, StreamError, type ErrorName } from '../frames/protocol';
import { requestLineOf, type RequestLine } from './request-fields';
import { ServerStream } from './server-stream';

/** A request as it came, whole. */
export interface Request extends RequestLine {
  /** The id of its stream, by which it is answered. */
  readonly id: number;
  /** Its content, read as UTF-8; of more than 64 KiB the beginning. */
  readonly content: string;
  readonly contentBytes: number;
}

const nothing = Buffer.alloc(0);

/** Reads requests (RFC 9113 §8.1) from HEADERS, CONTINUATION and DATA, and knows their streams (§5.1). */
export class Requests {
  /** The streams that are not closed. */
  readonly open = new Map<number, ServerStream>();
  readonly blocks: HeaderBlocks;
  /** The last stream that we process; what comes on later ones is ignored. */
  lastId = Infinity;
  /** The highest stream whose request was whole. Requests end in any order, so the last one need not be it. */
  highestWholeId = 0;
  private readonly windows: ReceiveWindows;
  private readonly reset = new ResetStreams();
  /** The highest stream that the client has opened. */
  private highestId = 0;

  /** @param maxConcurrent how many streams may be open; one more is refused */
  constructor(
    public maxConcurrent: number,
    private readonly writer: FrameWriter,
    private readonly guard: FloodGuard,
    private readonly take: (request: Request) => void,
  ) {
    this.windows = new ReceiveWindows(writer);
    this.blocks = new HeaderBlocks(guard, (id, endStream, fields) => {
      this.onFields(id, endStream, fields);
    });
  }

  onHeaders(flagBits: number, id: number, bytes: Buffer, start: number, end: number): void {
    if (id % 2 === 0) throw new ProtocolError('PROTOCOL_ERROR', `HEADERS on stream ${id}`);
    this.blocks.onHeaders(flagBits, id, bytes, start, end);
  }

  onData(flagBits: number, id: number, bytes: Buffer, start: number, end: number): void {
    const stream = this.find(id);
    const to = contentEnd('DATA', flagBits, bytes, start, end);
    const from = (flagBits & flags.padded) === 0 ? start : start + 1;
    this.windows.count(end - start);
    const endStream = (flagBits & flags.endStream) !== 0;
    if (from === to && !endStream) this.guard.spend();
    if (stream === undefined) {
      this.onLate(id, endStream);
      return;
    }
    if (stream.ended) throw streamClosed(id);
    if (stream.missing !== -1 && (stream.missing -= to - from) < 0) {
      throw new MalformedMessage('more content than content-length');
    }
    const content = bytes.subarray(from, to);
    if (endStream) {
      this.finish(stream, content);
    } else {
      this.windows.countFor(stream, end - start);
      stream.add(content);
    }
  }

  /** Closes a stream on which everything is sent. */
  sent(stream: ServerStream): void {
    this.open.delete(stream.id);
  }

  /** Resets a stream, whether or not it was taken, but none that is idle. What the client sent before it knows of that will be ignored. */
  resetStream(id: number, code: ErrorName): void {
    if (id > this.highestId) return;
    const stream = this.open.get(id);
    this.open.delete(id);
    this.writer.rstStream(id, code);
    if (stream?.ended !== true) this.reset.add(id);
  }

  /** Takes no stream any more that is not whole and above those that are. @returns the last one that is taken */
  stop(): number {
    this.lastId = Math.min(this.lastId, this.highestWholeId);
    for (const id of this.open.keys()) if (id > this.lastId) this.open.delete(id);
    return this.lastId;
  }

  /** @returns undefined for a stream that is closed @throws ProtocolError for one that never was */
  findLate(id: number): ServerStream | undefined {
    const stream = this.open.get(id);
    if (stream === undefined && (id % 2 === 0 || id > this.highestId)) {
      throw new ProtocolError('PROTOCOL_ERROR', `A frame on stream ${id}, which is idle`);
    }
    return stream;
  }

  /** Notes that the client has closed its side of a stream that we reset: nothing more can come. */
  settled(id: number): void {
    this.reset.settled(id);
  }

  /** @returns undefined for a stream that we do not heed @throws ProtocolError for one that the client has closed, or never opened */
  private find(id: number): ServerStream | undefined {
    const stream = this.findLate(id);
    if (stream === undefined && id <= this.lastId && !this.reset.mayHave(id)) {
      throw new ProtocolError('STREAM_CLOSED', `A frame on stream ${id}, which is closed`);
    }
    return stream;
  }

  private onFields(id: number, endStream: boolean, fields: readonly HeaderField[]): void {
    if (id > this.highestId) {
      this.begin(id, endStream, fields);
      return;
    }
    const stream = this.find(id);
    if (stream === undefined) this.onLate(id, endStream);
    else if (stream.ended) throw streamClosed(id);
    else {
      if (!endStream) throw new MalformedMessage('header fields within content');
      checkTrailers(fields);
      this.finish(stream, nothing);
    }
  }

  private begin(id: number, endStream: boolean, fields: readonly HeaderField[]): void {
    this.highestId = id;
    this.guard.earn();
    if (id > this.lastId) return;
    if (this.open.size >= this.maxConcurrent) {
      throw new StreamError('REFUSED_STREAM', 'More streams than SETTINGS allow');
    }
    const line = requestLineOf(fields);
    const stream = new ServerStream(id, line, contentLengthOf(line.fields));
    this.open.set(id, stream);
    if (endStream) this.finish(stream, nothing);
  }

  private finish(stream: ServerStream, content: Buffer): void {
    if (stream.missing > 0) throw new MalformedMessage('less content than content-length');
    const text = stream.end(content);
    const { id, line, contentBytes } = stream;
    this.highestWholeId = Math.max(this.highestWholeId, id);
    this.take({ id, ...line, content: text, contentBytes });
  }

  /** Ignores a frame on a stream that we do not heed. */
  private onLate(id: number, endStream: boolean): void {
    this.guard.spend();
    if (endStream) this.settled(id);
  }
}

/** §5.1: the client said that nothing more would come. */
function streamClosed(id: number): StreamError {
  return new StreamError('STREAM_CLOSED', `A frame on stream ${id}, whose request was whole`);
}
