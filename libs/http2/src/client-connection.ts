import type { Duplex } from 'node:stream';
import { ControlFrames, type Controlled, type GoAway } from './connection/control-frames';
import { FloodGuard } from './connection/flood-guard';
import { endSocket } from './connection/end-socket';
import { PeerSettings } from './connection/peer-settings';
import { connectionWindow } from './connection/receive-windows';
import { Uploads } from './connection/uploads';
import type { ConnectionEnd, ConnectionEvents } from './connection-events';
import { FrameReader, type FrameHandler } from './frames/frame-reader';
import { FrameWriter } from './frames/frame-writer';
import {
  defaultWindow,
  errorCodes,
  flags,
  frameHeaderBytes,
  frameTypes,
  ProtocolError,
  StreamError,
  type ErrorName,
} from './frames/protocol';
import { HpackError } from './hpack/hpack-error';
import { dial, type Dial, type Opening, type ServerAddress } from './open-socket';
import { RequestEncoder, type HeaderFields, type IndexingPolicy } from './request-encoder';
import { ourSettings, Responses } from './responses';
import type { Receiver, Stream } from './stream';
import { Streams } from './streams';

/** The bytes that may wait for the socket before requests are held back, and before a peer that reads nothing is left. */
const maxBacklogBytes = 1 << 20;
const fatalBacklogBytes = 1 << 22;

export interface ConnectionOptions {
  /** The host and port of the requests' URLs, without a default port. */
  readonly authority: string;
  readonly indexing: IndexingPolicy;
  /** An odd number: for tests of what happens when ids run out. */
  readonly firstStreamId?: number;
  /** Opens the socket: for tests without one. */
  readonly dial?: Dial;
}

/**
 * The client's side of an HTTP/2 connection (RFC 9113) over a socket of its own. What is written in one turn of the event loop
 * leaves in one piece. A peer that breaks a rule is told so by GOAWAY, and the connection is over; one that breaks a rule
 * within a response loses that stream only.
 */
export class ClientConnection<R extends Receiver = Receiver>
  implements FrameHandler, Controlled<Stream<R>>
{
  private readonly reader = new FrameReader(this);
  private readonly writer: FrameWriter;
  private readonly encoder: RequestEncoder;
  private readonly guard = new FloodGuard();
  private readonly peer = new PeerSettings('server');
  private readonly uploads: Uploads<Stream<R>>;
  private readonly streams: Streams<R>;
  private readonly responses: Responses;
  private readonly control: ControlFrames<Stream<R>>;
  private readonly opening: Opening;
  /** Undefined until it is open. */
  private socket: Duplex | undefined;
  private state: 'opening' | 'open' | 'draining' | 'closed' = 'opening';
  /** The last stream of which something has left for the socket. */
  private writtenId = 0;
  private flushing: NodeJS.Immediate | undefined;

  constructor(
    server: ServerAddress,
    private readonly events: ConnectionEvents,
    options: ConnectionOptions,
  ) {
    const scheme = server.tls === undefined ? 'http' : 'https';
    this.encoder = new RequestEncoder(scheme, options.authority, options.indexing);
    this.writer = new FrameWriter((bytes, written) => {
      this.write(bytes, written);
    });
    this.uploads = new Uploads(this.writer, this.peer);
    this.streams = new Streams(options.firstStreamId ?? 1, this.writer, this.uploads);
    this.responses = new Responses(this.streams, this.writer, this.guard);
    this.control = new ControlFrames(
      this,
      this.streams,
      this.writer,
      this.guard,
      this.uploads,
      this.peer,
      this.encoder,
    );
    this.opening = (options.dial ?? dial)(server, {
      connected: (socket) => {
        this.begin(socket);
      },
      failed: (error) => {
        this.over({ by: 'socket', error });
      },
    });
  }

  /** The requests under way by their ids. */
  get underWay(): ReadonlyMap<number, { readonly receiver: R }> {
    return this.streams.open;
  }

  /** Whether a request would be on its way at once. The peer's limit of streams is the owner's to keep. */
  get ready(): boolean {
    return this.state === 'open' && this.uploads.open;
  }

  /**
   * Sends a request, of any method but HEAD and CONNECT, whose answers have another form.
   * @param head the same object for all requests that have these fields in common: they are encoded once
   * @returns its id
   * @throws InvalidRequest
   */
  request(head: HeaderFields, own: HeaderFields, body: Buffer | string, receiver: R): number {
    if (this.state !== 'open') throw new Error('The connection takes no further request');
    const { writer, encoder, streams } = this;
    const maxBlockBytes = encoder.prepare(head, own, this.peer.maxHeaderListSize);
    writer.reserve(frameHeaderBytes + maxBlockBytes);
    const blockAt = writer.at + frameHeaderBytes;
    const blockBytes = encoder.write(own, writer.bytes, blockAt) - blockAt;
    const bodyBytes = typeof body === 'string' ? Buffer.byteLength(body) : body.length;
    const stream = streams.add(receiver);
    writer.headers(stream.id, bodyBytes === 0 ? flags.endStream : 0, blockBytes);
    if (bodyBytes > 0) this.uploads.send(stream, body, bodyBytes);
    this.guard.earn();
    this.flushSoon();
    if (streams.exhausted) this.drain(undefined);
    return stream.id;
  }

  /** Gives up a request; its receiver is told nothing more. */
  cancel(id: number): void {
    const stream = this.streams.open.get(id);
    if (stream === undefined) return;
    this.streams.reset(stream, 'CANCEL');
    this.flushSoon();
    this.closeIfDone();
  }

  /** Asks whether the peer lives: one question at a time. */
  ping(pong: () => void): void {
    this.control.ping(pong);
    this.flushSoon();
  }

  /** Takes no further request and closes once those under way have their answers. */
  close(): void {
    if (this.state === 'opening') this.destroy();
    if (this.state === 'open') this.state = 'draining';
    this.closeIfDone();
  }

  /** Closes now. */
  destroy(): void {
    this.over({ by: 'us' });
    this.socket?.destroy();
  }

  frame(
    type: number,
    flagBits: number,
    id: number,
    bytes: Buffer,
    start: number,
    end: number,
  ): void {
    if (this.responses.blocks.isOpen && type !== frameTypes.continuation) {
      throw new ProtocolError('PROTOCOL_ERROR', 'A header block is left without its end');
    }
    try {
      this.dispatch(type, flagBits, id, bytes, start, end);
    } catch (error) {
      if (!(error instanceof StreamError)) throw error;
      this.resetFor(error, id);
    }
    if (this.state === 'draining') this.closeIfDone();
  }

  /** Does what may let bodies go on, and tells the owner if requests are no longer held back. */
  relieve(change: () => void): void {
    const wasHeldBack = !this.ready;
    change();
    if (wasHeldBack) this.announce();
  }

  settled(): void {
    this.events.settings(this.peer.maxConcurrentStreams);
  }

  wasReset(stream: Stream<R>, code: number): void {
    this.streams.remove(stream);
    // §8.7. Of a request whose answer has begun it can't be true.
    const refused = code === errorCodes.REFUSED_STREAM && !stream.begun;
    stream.receiver.lost(
      refused ? { why: 'unprocessed' } : { why: 'reset', detail: `error code ${code}` },
    );
  }

  goneAway(lastId: number, goAway: GoAway): void {
    this.drain(goAway);
    this.giveBack(lastId);
    if (goAway.code !== errorCodes.NO_ERROR) this.over({ by: 'goAway' });
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
        this.responses.onHeaders(flagBits, id, bytes, start, end);
        break;
      case frameTypes.data:
        this.responses.onData(flagBits, id, bytes, start, end);
        break;
      case frameTypes.continuation:
        this.responses.blocks.onContinuation(flagBits, id, bytes, start, end);
        break;
      default:
        this.control.heed(type, flagBits, id, bytes, start, end);
    }
  }

  private begin(socket: Duplex): void {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.receive(socket, chunk);
    });
    socket.on('drain', () => {
      this.relieve(() => {
        this.uploads.release();
      });
    });
    socket.on('error', (error) => {
      this.over({ by: 'socket', error });
    });
    for (const event of ['end', 'close']) {
      socket.on(event, () => {
        this.over({ by: 'socket', error: undefined });
      });
    }
    this.state = 'open';
    this.writer.preface();
    this.writer.settings(ourSettings);
    this.writer.windowUpdate(0, connectionWindow - defaultWindow);
    this.writer.flush();
  }

  private receive(socket: Duplex, chunk: Buffer): void {
    if (this.state === 'closed') return;
    try {
      this.reader.read(chunk);
      if (socket.writableLength > fatalBacklogBytes) {
        throw new ProtocolError('ENHANCE_YOUR_CALM', 'The peer sends and does not read');
      }
    } catch (error) {
      if (error instanceof ProtocolError) this.fail(error.code, error.message);
      else if (error instanceof HpackError) this.fail('COMPRESSION_ERROR', error.message);
      else throw error;
    }
    if (this.writer.at > 0) this.flushSoon();
  }

  /** Resets the stream of a frame that broke a rule, if it still is there. */
  private resetFor({ code, message }: StreamError, id: number): void {
    const stream = this.streams.open.get(id);
    if (stream === undefined) return;
    this.streams.reset(stream, code);
    stream.receiver.lost({ why: 'reset', detail: message });
  }

  private announce(): void {
    if (this.ready) this.events.ready();
  }

  private flushSoon(): void {
    this.flushing ??= setImmediate(() => {
      this.flushing = undefined;
      this.writer.flush();
    });
  }

  private write(bytes: Buffer, written: () => void): void {
    if (this.state !== 'closed') this.writtenId = this.streams.nextId - 2;
    const { socket } = this;
    if (socket === undefined) return;
    socket.write(bytes, written);
    if (socket.writableLength > maxBacklogBytes) this.uploads.hold();
  }

  private drain(goAway: GoAway | undefined): void {
    this.state = 'draining';
    this.events.draining(goAway);
  }

  /** Tells the receivers of all requests after this one that they were not processed. */
  private giveBack(lastId: number): void {
    for (const stream of this.streams.open.values()) {
      if (stream.id <= lastId) continue;
      this.streams.remove(stream);
      stream.receiver.lost({ why: 'unprocessed' });
    }
  }

  private closeIfDone(): void {
    if (this.state !== 'draining' || this.streams.open.size > 0) return;
    this.writer.goAway('NO_ERROR', '');
    this.writer.flush();
    this.over({ by: 'us' });
  }

  private fail(code: ErrorName, detail: string): void {
    if (this.state === 'closed') return;
    const { writtenId } = this;
    this.writer.discard();
    this.writer.goAway(code, detail);
    this.writer.flush();
    this.writtenId = writtenId;
    this.over({ by: 'protocol', code, detail });
  }

  private over(end: ConnectionEnd): void {
    if (this.state === 'closed') return;
    this.state = 'closed';
    this.reader.stop();
    clearImmediate(this.flushing);
    this.giveBack(this.writtenId);
    this.events.closed(end);
    this.streams.open.clear();
    const { socket } = this;
    if (socket === undefined) {
      this.opening.destroy();
      return;
    }
    if (end.by === 'socket') {
      socket.destroy();
      return;
    }
    endSocket(socket);
  }
}
