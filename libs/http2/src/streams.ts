import { ResetStreams } from './connection/reset-streams';
import type { Uploads } from './connection/uploads';
import type { FrameWriter } from './frames/frame-writer';
import { maxStreamId, ProtocolError, type ErrorName } from './frames/protocol';
import { Stream, type Receiver } from './stream';

/** The streams of a connection in their states, RFC 9113 §5.1. */
export class Streams<R extends Receiver = Receiver> {
  readonly open = new Map<number, Stream<R>>();
  private readonly cancelled = new ResetStreams();

  /** @param nextId the id of the next stream */
  constructor(
    public nextId: number,
    private readonly writer: FrameWriter,
    private readonly uploads: Uploads<Stream<R>>,
  ) {}

  /** Whether the ids are used up (§5.1.1). */
  get exhausted(): boolean {
    return this.nextId > maxStreamId;
  }

  add(receiver: R): Stream<R> {
    const stream = new Stream(this.nextId, receiver);
    this.open.set(this.nextId, stream);
    this.nextId += 2;
    return stream;
  }

  /** Removes a stream that the peer has closed. What is unsent of its request is of no use any more (§8.1). */
  close(stream: Stream<R>): void {
    if (stream.unsent === undefined) this.remove(stream);
    else this.reset(stream, 'NO_ERROR');
  }

  /** Removes a stream that the peer has reset, or never took. */
  remove(stream: Stream<R>): void {
    stream.closed = true;
    this.open.delete(stream.id);
    this.uploads.drop(stream);
  }

  /** Resets a stream. What the peer sent before it knows of that will be ignored. */
  reset(stream: Stream<R>, code: ErrorName): void {
    this.remove(stream);
    this.writer.rstStream(stream.id, code);
    this.cancelled.add(stream.id);
  }

  /** Notes that the peer has closed its side of a stream that we reset: nothing more can come. */
  settled(id: number): void {
    this.cancelled.settled(id);
  }

  /**
   * Finds the stream of a HEADERS or DATA frame.
   * @returns undefined for one that we reset
   * @throws ProtocolError for one that never was, or was closed by the peer
   */
  find(id: number): Stream<R> | undefined {
    const stream = this.findLate(id);
    if (stream === undefined && !this.cancelled.mayHave(id)) {
      throw new ProtocolError('STREAM_CLOSED', `A frame on stream ${id}, which is closed`);
    }
    return stream;
  }

  /**
   * Finds the stream of a frame that may come when the stream is closed: RST_STREAM or WINDOW_UPDATE.
   * @throws ProtocolError for one that never was
   */
  findLate(id: number): Stream<R> | undefined {
    const stream = this.open.get(id);
    if (stream === undefined && (id % 2 === 0 || id >= this.nextId)) {
      throw new ProtocolError('PROTOCOL_ERROR', `A frame on stream ${id}, which is idle`);
    }
    return stream;
  }
}
