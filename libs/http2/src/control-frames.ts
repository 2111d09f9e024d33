import type { GoAway } from './connection-events';
import type { FloodGuard } from './flood-guard';
import { uint16, uint31, uint32 } from './frames/frame-reader';
import type { FrameWriter } from './frames/frame-writer';
import {
  errorCodes,
  flags,
  maxWindow,
  ProtocolError,
  settingIds,
  StreamError,
} from './frames/protocol';
import type { PeerSettings } from './peer-settings';
import type { RequestEncoder } from './request-encoder';
import type { Streams } from './streams';
import type { Uploads } from './uploads';

const maxDebugBytes = 200;

/** The connection, which is told what control frames say of it as a whole. */
export interface Controlled {
  /** Does what may let bodies go on, and goes on with what was held back. */
  relieve(change: () => void): void;
  /** The peer's SETTINGS hold from now on. */
  settled(): void;
  /** The peer takes no further request, and has not processed those after `lastId`. */
  goneAway(lastId: number, goAway: GoAway): void;
}

/** Heeds the frames that carry no part of a response: RFC 9113 §6.3 to §6.5 and §6.7 to §6.9. */
export class ControlFrames {
  /** Whether the peer's first SETTINGS came. */
  private configured = false;
  private readonly opaque = Buffer.alloc(8);
  private pong: (() => void) | undefined;

  constructor(
    private readonly connection: Controlled,
    private readonly streams: Streams,
    private readonly writer: FrameWriter,
    private readonly guard: FloodGuard,
    private readonly uploads: Uploads,
    private readonly peer: PeerSettings,
    private readonly encoder: RequestEncoder,
  ) {}

  /** Asks whether the peer lives: one question at a time. */
  ping(pong: () => void): void {
    this.pong = pong;
    this.opaque.writeUInt32BE((this.opaque.readUInt32BE(4) + 1) >>> 0, 4);
    this.writer.ping(0, this.opaque);
  }

  onWindowUpdate(id: number, bytes: Buffer, start: number, end: number): void {
    expectLength('WINDOW_UPDATE', end - start, 4);
    this.guard.spend();
    const increment = uint31(bytes, start);
    const stream = id === 0 ? undefined : this.streams.findLate(id);
    this.connection.relieve(() => {
      if (id === 0) this.uploads.widen(increment);
      else if (stream !== undefined) this.uploads.widenStream(stream, increment);
    });
  }

  onRstStream(id: number, bytes: Buffer, start: number, end: number): void {
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

  onSettings(flagBits: number, id: number, bytes: Buffer, start: number, end: number): void {
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

  onPing(flagBits: number, id: number, bytes: Buffer, start: number, end: number): void {
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

  onGoAway(id: number, bytes: Buffer, start: number, end: number): void {
    expectConnection('GOAWAY', id);
    if (end - start < 8) throw new ProtocolError('FRAME_SIZE_ERROR', 'GOAWAY too short');
    this.guard.spend();
    const code = uint32(bytes, start + 4);
    const debugData = bytes.toString('utf8', start + 8, Math.min(end, start + 8 + maxDebugBytes));
    this.connection.goneAway(uint31(bytes, start), { code, debugData });
  }

  /** Deprecated, and ignored but for its form (§6.3). */
  onPriority(id: number, length: number): void {
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
