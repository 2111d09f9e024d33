import type { Duplex } from 'node:stream';
import { dial, type Dial, type ServerAddress } from './dial';
import { FloodGuard } from './flood-guard';
import { FrameReader, uint16, uint31, uint32, type FrameHandler } from './frames/frame-reader';
import { FrameWriter } from './frames/frame-writer';
import {
  defaultWindow,
  errorCodes,
  flags,
  frameHeaderBytes,
  frameTypes,
  maxWindow,
  ProtocolError,
  settingIds,
  StreamError,
  type ErrorName,
} from './frames/protocol';
import { HpackError } from './hpack/hpack-error';
import { PeerSettings } from './peer-settings';
import { RequestEncoder, type HeaderFields, type IndexingPolicy } from './request-encoder';
import { connectionWindow, ourSettings, Responses } from './responses';
import type { Receiver } from './stream';
import { Streams } from './streams';
import { Uploads } from './uploads';

/** The bytes that may wait for the socket before requests are held back, and before a peer that reads nothing is left. */
const maxBacklogBytes = 1 << 20;
const fatalBacklogBytes = 1 << 22;
const maxDebugBytes = 200;
/** How long a peer may take to read our last words. */
const lingerMs = 1_000;

/** Why a connection is over. */
export type ConnectionEnd =
  /** In good order, or because its owner wanted so. */
  | { readonly by: 'us' }
  /** The peer's GOAWAY with an error code. */
  | { readonly by: 'goAway' }
  | { readonly by: 'socket'; readonly error: NodeJS.ErrnoException | undefined }
  /** The peer broke the protocol. */
  | { readonly by: 'protocol'; readonly code: ErrorName; readonly detail: string };

export interface GoAway {
  readonly code: number;
  /** Of its debug data what fits into a log. */
  readonly debugData: string;
}

/** The owner of a connection, which is told what becomes of it. */
export interface ConnectionEvents {
  /** The peer's SETTINGS came, the first or others. */
  settings(maxConcurrentStreams: number): void;
  /** Nothing holds requests back any more, see `ready`. */
  ready(): void;
  /** No further request is taken: by the peer's GOAWAY, or because the ids are used up. Told before requests are lost by it. */
  draining(goAway: GoAway | undefined): void;
  /** Told once, at the very end. The requests that still are under way have no answer. */
  closed(end: ConnectionEnd): void;
}

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
export class ClientConnection<R extends Receiver = Receiver> implements FrameHandler {
  private readonly reader = new FrameReader(this);
  private readonly writer: FrameWriter;
  private readonly encoder: RequestEncoder;
  private readonly guard = new FloodGuard();
  private readonly peer = new PeerSettings();
  private readonly uploads: Uploads;
  private readonly streams: Streams<R>;
  private readonly responses: Responses;
  private readonly socket: Duplex;
  private state: 'opening' | 'open' | 'draining' | 'closed' = 'opening';
  /** Whether the peer's first SETTINGS came. */
  private configured = false;
  /** The last stream of which something has left for the socket. */
  private writtenId = 0;
  private flushing: NodeJS.Immediate | undefined;
  private readonly opaque = Buffer.alloc(8);
  private pong: (() => void) | undefined;

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
    this.socket = (options.dial ?? dial)(server, () => {
      this.begin();
    });
    this.socket.on('data', (chunk: Buffer) => {
      this.receive(chunk);
    });
    this.socket.on('drain', () => {
      this.relieve(() => {
        this.uploads.release();
      });
    });
    this.socket.on('error', (error) => {
      this.over({ by: 'socket', error });
    });
    for (const event of ['end', 'close']) {
      this.socket.on(event, () => {
        this.over({ by: 'socket', error: undefined });
      });
    }
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
    this.pong = pong;
    this.opaque.writeUInt32BE((this.opaque.readUInt32BE(4) + 1) >>> 0, 4);
    this.writer.ping(0, this.opaque);
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
    if (this.responses.inBlock && type !== frameTypes.continuation) {
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
      case frameTypes.windowUpdate:
        this.onWindowUpdate(id, bytes, start, end);
        break;
      case frameTypes.rstStream:
        this.onRstStream(id, bytes, start, end);
        break;
      case frameTypes.settings:
        this.onSettings(flagBits, id, bytes, start, end);
        break;
      case frameTypes.ping:
        this.onPing(flagBits, id, bytes, start, end);
        break;
      case frameTypes.goAway:
        this.onGoAway(id, bytes, start, end);
        break;
      case frameTypes.continuation:
        this.responses.onContinuation(flagBits, id, bytes, start, end);
        break;
      case frameTypes.priority:
        this.onPriority(id, end - start);
        break;
      case frameTypes.pushPromise:
        throw new ProtocolError('PROTOCOL_ERROR', 'PUSH_PROMISE, which is switched off');
      default:
        this.guard.spend();
    }
  }

  private begin(): void {
    if (this.state !== 'opening') return;
    this.state = 'open';
    this.writer.preface();
    this.writer.settings(ourSettings);
    this.writer.windowUpdate(0, connectionWindow - defaultWindow);
    this.writer.flush();
  }

  private receive(chunk: Buffer): void {
    if (this.state === 'closed') return;
    try {
      this.reader.read(chunk);
      if (this.socket.writableLength > fatalBacklogBytes) {
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

  private onWindowUpdate(id: number, bytes: Buffer, start: number, end: number): void {
    expectLength('WINDOW_UPDATE', end - start, 4);
    this.guard.spend();
    const increment = uint31(bytes, start);
    const stream = id === 0 ? undefined : this.streams.findLate(id);
    this.relieve(() => {
      if (id === 0) this.uploads.widen(increment);
      else if (stream !== undefined) this.uploads.widenStream(stream, increment);
    });
  }

  private onRstStream(id: number, bytes: Buffer, start: number, end: number): void {
    expectLength('RST_STREAM', end - start, 4);
    const stream = this.streams.findLate(id);
    if (stream === undefined) {
      this.guard.spend();
      this.streams.settled(id);
      return;
    }
    const code = uint32(bytes, start);
    this.streams.remove(stream);
    // §8.7. Of a request whose answer has begun it can't be true.
    const refused = code === errorCodes.REFUSED_STREAM && !stream.begun;
    stream.receiver.lost(
      refused ? { why: 'unprocessed' } : { why: 'reset', detail: `error code ${code}` },
    );
  }

  private onSettings(
    flagBits: number,
    id: number,
    bytes: Buffer,
    start: number,
    end: number,
  ): void {
    expectConnection('SETTINGS', id);
    const isAck = (flagBits & flags.ack) !== 0;
    if ((end - start) % 6 !== 0 || (isAck && end > start)) {
      throw new ProtocolError('FRAME_SIZE_ERROR', `SETTINGS of ${end - start} bytes`);
    }
    if (!this.configured && isAck) {
      throw new ProtocolError('PROTOCOL_ERROR', 'The peer does not begin with SETTINGS');
    }
    this.configured = true;
    this.guard.spend();
    if (isAck) return;
    this.relieve(() => {
      for (let at = start; at < end; at += 6) this.set(uint16(bytes, at), uint32(bytes, at + 2));
      this.uploads.resume();
    });
    this.writer.settingsAck();
    this.events.settings(this.peer.maxConcurrentStreams);
  }

  private set(setting: number, value: number): void {
    this.guard.spend();
    this.peer.set(setting, value);
    if (setting === settingIds.headerTableSize) this.encoder.setTableSize(value);
    if (setting !== settingIds.initialWindowSize) return;
    for (const { credit } of this.streams.open.values()) {
      if (credit + value > maxWindow) {
        throw new ProtocolError('FLOW_CONTROL_ERROR', 'Window too large');
      }
    }
  }

  private onPing(flagBits: number, id: number, bytes: Buffer, start: number, end: number): void {
    expectConnection('PING', id);
    expectLength('PING', end - start, 8);
    this.guard.spend();
    if ((flagBits & flags.ack) === 0) {
      this.writer.ping(flags.ack, bytes, start);
    } else if (this.opaque.compare(bytes, start, end) === 0) {
      const { pong } = this;
      this.pong = undefined;
      pong?.();
    }
  }

  private onGoAway(id: number, bytes: Buffer, start: number, end: number): void {
    expectConnection('GOAWAY', id);
    if (end - start < 8) throw new ProtocolError('FRAME_SIZE_ERROR', 'GOAWAY too short');
    this.guard.spend();
    const lastId = uint31(bytes, start);
    const code = uint32(bytes, start + 4);
    const debugData = bytes.toString('utf8', start + 8, Math.min(end, start + 8 + maxDebugBytes));
    this.drain({ code, debugData });
    this.giveBack(lastId);
    if (code !== errorCodes.NO_ERROR) this.over({ by: 'goAway' });
  }

  /** Deprecated, and ignored but for its form (§6.3). */
  private onPriority(id: number, length: number): void {
    if (id === 0) throw new ProtocolError('PROTOCOL_ERROR', 'PRIORITY on stream 0');
    this.guard.spend();
    if (length !== 5) throw new StreamError('FRAME_SIZE_ERROR', `PRIORITY of ${length} bytes`);
  }

  /** Does what may let bodies go on, and tells the owner if requests are no longer held back. */
  private relieve(change: () => void): void {
    const wasHeldBack = !this.ready;
    change();
    if (wasHeldBack) this.announce();
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
    this.socket.write(bytes, written);
    if (this.socket.writableLength > maxBacklogBytes) this.uploads.hold();
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
    if (end.by === 'socket') {
      this.socket.destroy();
      return;
    }
    // Not destroyed at once: with bytes of the peer unread, it might never see our GOAWAY.
    this.socket.end();
    const timer = setTimeout(() => this.socket.destroy(), lingerMs).unref();
    this.socket.once('close', () => {
      clearTimeout(timer);
    });
  }
}

function expectConnection(frame: string, id: number): void {
  if (id !== 0) throw new ProtocolError('PROTOCOL_ERROR', `${frame} on stream ${id}`);
}

function expectLength(frame: string, length: number, expected: number): void {
  if (length !== expected) {
    throw new ProtocolError('FRAME_SIZE_ERROR', `${frame} of ${length} bytes`);
  }
}
