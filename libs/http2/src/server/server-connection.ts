import type { Duplex } from 'node:stream';
import { ControlFrames, type Controlled, type GoAway } from '../connection/control-frames';
import { endSocket } from '../connection/end-socket';
import { FloodGuard } from '../connection/flood-guard';
import { maxHeaderListSize } from '../connection/header-blocks';
import { PeerSettings } from '../connection/peer-settings';
import { connectionWindow, streamWindow } from '../connection/receive-windows';
import { Uploads } from '../connection/uploads';
import { FrameReader, type FrameHandler } from '../frames/frame-reader';
import { FrameWriter } from '../frames/frame-writer';
import {
  defaultWindow,
  errorCodes,
  flags,
  frameHeaderBytes,
  frameTypes,
  ProtocolError,
  settingIds,
  StreamError,
  type ErrorName,
} from '../frames/protocol';
import { Encoder, type Indexing } from '../hpack/encoder';
import { HpackError } from '../hpack/hpack-error';
import { sizeOf } from '../hpack/static-table';
import { Preface } from './preface';
import { Requests, type Request } from './requests';
import type { ServerStream } from './server-stream';

/** The bytes that may wait for the socket before content is held back, and before a client that reads nothing is left. */
const maxBacklogBytes = 1 << 20;
const fatalBacklogBytes = 1 << 22;
/** What a block needs beyond its fields, at most: the status, and two changes of the table's size. */
const blockOverhead = 64;

export interface ServerOptions {
  /** How many requests may be under way; `allowStreams` changes it. */
  readonly maxConcurrentStreams: number;
  /** Says how a field of an answer is to be compressed, by its name. */
  readonly indexing: (name: string) => Indexing;
}

/**
 * The server's side of an HTTP/2 connection (RFC 9113) over a socket of its own: takes whole requests and gives whole answers.
 * What is written in one turn of the event loop leaves in one piece. A client that breaks a rule is told so by GOAWAY, and the
 * connection is over; one that breaks a rule within a request loses that stream only.
 */
export class ServerConnection implements FrameHandler, Controlled<ServerStream> {
  private readonly preface = new Preface();
  private readonly reader = new FrameReader(this);
  private readonly writer: FrameWriter;
  private readonly encoder = new Encoder();
  private readonly guard = new FloodGuard();
  private readonly peer = new PeerSettings('client');
  private readonly uploads: Uploads<ServerStream>;
  private readonly requests: Requests;
  private readonly control: ControlFrames<ServerStream>;
  private readonly indexing: ServerOptions['indexing'];
  private state: 'open' | 'draining' | 'closed' = 'open';
  private flushing: NodeJS.Immediate | undefined;

  /** @param take gets each request once it is whole */
  constructor(
    private readonly socket: Duplex,
    { maxConcurrentStreams, indexing }: ServerOptions,
    take: (request: Request) => void,
  ) {
    this.indexing = indexing;
    this.writer = new FrameWriter((bytes, written) => {
      this.socket.write(bytes, written);
      if (this.socket.writableLength > maxBacklogBytes) this.uploads.hold();
    });
    this.requests = new Requests(maxConcurrentStreams, this.writer, this.guard, take);
    this.uploads = new Uploads(this.writer, this.peer, this.requests);
    this.control = new ControlFrames(
      this,
      this.requests,
      this.writer,
      this.guard,
      this.uploads,
      this.peer,
      this.encoder,
    );
    socket.on('data', (chunk: Buffer) => {
      this.receive(chunk);
    });
    socket.on('drain', () => {
      if (this.state === 'closed') return;
      this.uploads.release();
      this.closeIfDone();
    });
    socket.on('end', () => {
      if (this.state !== 'closed') this.destroy();
    });
    for (const event of ['error', 'close']) {
      socket.on(event, () => {
        this.destroy();
      });
    }
    this.writer.settings([
      [settingIds.maxConcurrentStreams, maxConcurrentStreams],
      [settingIds.initialWindowSize, streamWindow],
      [settingIds.maxHeaderListSize, maxHeaderListSize],
    ]);
    this.writer.windowUpdate(0, connectionWindow - defaultWindow);
    this.writer.flush();
  }

  /** Lets the client have so many requests under way from now on. */
  allowStreams(count: number): void {
    if (this.state === 'closed') return;
    this.requests.maxConcurrent = count;
    this.writer.settings([[settingIds.maxConcurrentStreams, count]]);
    this.flushSoon();
  }

  /** Answers a request, unless its client has given it up. @param headers by lower-case names */
  answer(
    id: number,
    status: number,
    headers: Readonly<Record<string, string>>,
    content: string,
  ): void {
    const stream = this.requests.open.get(id);
    if (stream === undefined) return;
    const { writer } = this;
    let maxBlockBytes = blockOverhead;
    for (const name in headers) maxBlockBytes += sizeOf(name, headers[name] ?? '');
    writer.reserve(frameHeaderBytes + maxBlockBytes);
    const blockAt = writer.at + frameHeaderBytes;
    const blockBytes = this.writeBlock(status, headers, blockAt) - blockAt;
    const contentBytes = Buffer.byteLength(content);
    writer.headers(id, contentBytes === 0 ? flags.endStream : 0, blockBytes);
    if (contentBytes === 0) this.requests.sent(stream);
    else this.uploads.send(stream, content, contentBytes);
    this.flushSoon();
    this.closeIfDone();
  }

  /** Resets the stream of a request instead of an answer. */
  reset(id: number, code: ErrorName): void {
    const stream = this.requests.open.get(id);
    if (stream === undefined) return;
    this.resetStream(id, code);
    this.closeIfDone();
  }

  /**
   * Takes no request any more but those that are whole, and what began before them; ends once these are answered.
   * @param debugData says why, for people
   */
  goAway(code: ErrorName, debugData: string): void {
    if (this.state === 'closed') return;
    this.state = 'draining';
    this.writer.goAway(code, debugData, this.requests.stop());
    this.flushSoon();
    this.closeIfDone();
  }

  /** Closes now, and says nothing. */
  destroy(): void {
    this.state = 'closed';
    this.reader.stop();
    clearImmediate(this.flushing);
    this.requests.open.clear();
    this.socket.destroy();
  }

  frame(
    type: number,
    flagBits: number,
    id: number,
    bytes: Buffer,
    start: number,
    end: number,
  ): void {
    if (this.requests.blocks.isOpen && type !== frameTypes.continuation) {
      throw new ProtocolError('PROTOCOL_ERROR', 'A header block is left without its end');
    }
    try {
      this.dispatch(type, flagBits, id, bytes, start, end);
    } catch (error) {
      if (!(error instanceof StreamError)) throw error;
      this.resetStream(id, error.code);
    }
    if (this.state === 'draining') this.closeIfDone();
  }

  relieve(change: () => void): void {
    change();
    this.closeIfDone();
  }

  settled(): void {
    // What the client allows is looked up with each answer.
  }

  wasReset(stream: ServerStream): void {
    this.uploads.drop(stream);
    this.requests.open.delete(stream.id);
  }

  goneAway(_lastId: number, { code }: GoAway): void {
    if (code === errorCodes.NO_ERROR) this.state = 'draining';
    else this.destroy();
  }

  private dispatch(
    type: number,
    flagBits: number,
    id: number,
    bytes: Buffer,
    start: number,
    end: number,
  ): void {
    switch (type) {
      case frameTypes.headers:
        this.requests.onHeaders(flagBits, id, bytes, start, end);
        break;
      case frameTypes.data:
        this.requests.onData(flagBits, id, bytes, start, end);
        break;
      case frameTypes.continuation:
        this.requests.blocks.onContinuation(flagBits, id, bytes, start, end);
        break;
      default:
        this.control.heed(type, flagBits, id, bytes, start, end);
    }
  }

  private receive(chunk: Buffer): void {
    if (this.state === 'closed') return;
    try {
      this.reader.read(this.preface.read(chunk));
      if (this.socket.writableLength > fatalBacklogBytes) {
        throw new ProtocolError('ENHANCE_YOUR_CALM', 'The client sends and does not read');
      }
    } catch (error) {
      if (error instanceof ProtocolError) this.fail(error.code, error.message);
      else if (error instanceof HpackError) this.fail('COMPRESSION_ERROR', error.message);
      else throw error;
    }
    if (this.writer.at > 0) this.flushSoon();
  }

  private writeBlock(
    status: number,
    headers: Readonly<Record<string, string>>,
    at: number,
  ): number {
    const { encoder, indexing } = this;
    const { bytes } = this.writer;
    let end = encoder.beginBlock(bytes, at);
    end = encoder.writeField(':status', String(status), 'indexed', bytes, end);
    for (const name in headers) {
      end = encoder.writeField(name, headers[name] ?? '', indexing(name), bytes, end);
    }
    return end;
  }

  private resetStream(id: number, code: ErrorName): void {
    const stream = this.requests.open.get(id);
    if (stream !== undefined) this.uploads.drop(stream);
    this.requests.resetStream(id, code);
    this.flushSoon();
  }

  private flushSoon(): void {
    this.flushing ??= setImmediate(() => {
      this.flushing = undefined;
      this.writer.flush();
    });
  }

  private closeIfDone(): void {
    if (this.state === 'draining' && this.requests.open.size === 0) this.end();
  }

  private fail(code: ErrorName, detail: string): void {
    if (this.state === 'closed') return;
    this.writer.goAway(code, detail, this.requests.highestWholeId);
    this.end();
  }

  /** Closes after what was written. */
  private end(): void {
    this.state = 'closed';
    this.reader.stop();
    clearImmediate(this.flushing);
    this.requests.open.clear();
    this.writer.flush();
    endSocket(this.socket);
  }
}
