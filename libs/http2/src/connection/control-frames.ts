import { uint16, uint31, uint32 } from '../frames/frame-reader';
import type { FrameWriter } from '../frames/frame-writer';
import {
  flags,
  frameTypes,
  maxWindow,
  ProtocolError,
  settingIds,
  StreamError,
} from '../frames/protocol';
import type { FloodGuard } from './flood-guard';
import type { PeerSettings } from './peer-settings';
import type { Outgoing, Uploads } from './uploads';

const maxDebugBytes = 200;

/** The least by which a peer in its right mind widens a window that a body waits for. */
const leastPiece = 64;

export interface GoAway {
  readonly code: number;
  /** Of its debug data what fits into a log. */
  readonly debugData: string;
}

/** The connection, which is told what control frames say of it as a whole. */
export interface Controlled<S> {
  /** Does what may let bodies go on, and goes on with what was held back. */
  relieve(change: () => void): void;
  /** The peer's SETTINGS hold from now on. */
  settled(): void;
  /** The peer has reset a stream. */
  wasReset(stream: S, code: number): void;
  /** The peer opens no further stream and takes none, and has not processed ours after `lastId`. */
  goneAway(lastId: number, goAway: GoAway): void;
}

/** The streams of a connection, as far as control frames change them. */
interface ControlledStreams<S> {
  readonly open: ReadonlyMap<number, S>;
  /** @returns undefined for a closed stream @throws ProtocolError for one that never was */
  findLate(id: number): S | undefined;
  /** The peer has closed its side of a stream that is closed: nothing more can come. */
  settled(id: number): void;
}

/** Heeds the frames that carry no part of a message: RFC 9113 §6.3 to §6.5 and §6.7 to §6.9. */
export class ControlFrames<S extends Outgoing> {
  /** Whether the peer's first SETTINGS came. */
  private configured = false;
  private readonly opaque = Buffer.alloc(8);
  private pong: (() => void) | undefined;

  constructor(
    private readonly connection: Controlled<S>,
    private readonly streams: ControlledStreams<S>,
    private readonly writer: FrameWriter,
    private readonly guard: FloodGuard,
    private readonly uploads: Uploads<S>,
    private readonly peer: PeerSettings,
    private readonly encoder: { setTableSize(size: number): void },
  ) {}

  /** Asks whether the peer lives: one question at a time. */
  ping(pong: () => void): void {
    this.pong = pong;
    this.opaque.writeUInt32BE((this.opaque.readUInt32BE(4) + 1) >>> 0, 4);
    this.writer.ping(0, this.opaque);
  }

  /** @throws ProtocolError, StreamError */
  heed(
    type: number,
    flagBits: number,
    id: number,
    bytes: Buffer,
    start: number,
    end: number,
  ): void {
    switch (type) {
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
      case frameTypes.priority:
        this.onPriority(id, end - start);
        break;
      case frameTypes.pushPromise:
        throw new ProtocolError('PROTOCOL_ERROR', 'PUSH_PROMISE, which is switched off');
      default:
        this.guard.spend();
    }
  }

  private onWindowUpdate(id: number, bytes: Buffer, start: number, end: number): void {
    expectLength('WINDOW_UPDATE', end - start, 4);
    const increment = uint31(bytes, start);
    const stream = id === 0 ? undefined : this.streams.findLate(id);
    // A peer with small windows sends as many as its requests have pieces.
    const isKnown = id === 0 || stream !== undefined;
    if (!isKnown || increment < leastPiece || !this.uploads.wants(stream)) this.guard.spend();
    this.connection.relieve(() => {
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
    this.connection.wasReset(stream, uint32(bytes, start));
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
    this.connection.relieve(() => {
      for (let at = start; at < end; at += 6) this.set(uint16(bytes, at), uint32(bytes, at + 2));
      this.uploads.resume();
    });
    this.writer.settingsAck();
    this.connection.settled();
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
    const code = uint32(bytes, start + 4);
    const debugData = bytes.toString('utf8', start + 8, Math.min(end, start + 8 + maxDebugBytes));
    this.connection.goneAway(uint31(bytes, start), { code, debugData });
  }

  /** Deprecated, and ignored but for its form (§6.3). */
  private onPriority(id: number, length: number): void {
    if (id === 0) throw new ProtocolError('PROTOCOL_ERROR', 'PRIORITY on stream 0');
    this.guard.spend();
    if (length !== 5) throw new StreamError('FRAME_SIZE_ERROR', `PRIORITY of ${length} bytes`);
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
}

function expectConnection(frame: string, id: number): void {
  if (id !== 0) throw new ProtocolError('PROTOCOL_ERROR', `${frame} on stream ${id}`);
}

function expectLength(frame: string, length: number, expected: number): void {
  if (length !== expected) {
    throw new ProtocolError('FRAME_SIZE_ERROR', `${frame} of ${length} bytes`);
  }
}
