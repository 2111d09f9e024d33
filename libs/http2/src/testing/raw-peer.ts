import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { FrameReader } from '../frames/frame-reader';
import { errorName, frameTypes, type ErrorName } from '../frames/protocol';
import { Decoder } from '../hpack/decoder';
import { Encoder } from '../hpack/encoder';

export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly id: number;
  readonly payload: Buffer;
}

/** Builds a frame byte by byte, also one that breaks the rules. @param payload text is hexadecimal */
export function frame(
  type: number,
  flags: number,
  id: number,
  payload: Buffer | string = '',
): Buffer {
  const bytes = typeof payload === 'string' ? octets(payload) : payload;
  const header = Buffer.alloc(9);
  header.writeUIntBE(bytes.length, 0, 3);
  header[3] = type;
  header[4] = flags;
  header.writeUInt32BE(id, 5);
  return Buffer.concat([header, bytes]);
}

/** Reads hexadecimal digits, in groups or not. */
export function octets(hex: string): Buffer {
  return Buffer.from(hex.replaceAll(' ', ''), 'hex');
}

export const uint32 = (value: number) => value.toString(16).padStart(8, '0');

/** @param pairs identifiers and values */
export function settings(...pairs: readonly [id: number, value: number][]): Buffer {
  const hex = pairs.map(([id, value]) => id.toString(16).padStart(4, '0') + uint32(value));
  return frame(frameTypes.settings, 0, 0, hex.join(''));
}

/** A header block without indexing, whatever is in it. */
export function block(...fields: readonly (readonly [name: string, value: string])[]): Buffer {
  const literal = fields.map(([name, value]) => [name, value, 'literal'] as const);
  // A field takes no more than its octets and their two lengths.
  const target = Buffer.alloc(fields.reduce((sum, field) => sum + field.join('').length + 16, 0));
  return target.subarray(0, new Encoder().encode(literal, target, 0));
}

/** HEADERS of a response. @param flags END_HEADERS, and END_STREAM unless said otherwise */
export const respond = (id: number, status = '200', flags = 5) =>
  frame(frameTypes.headers, flags, id, block([':status', status]));

const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';

/** A connection as the server sees it, frame by frame, or as a client does. */
export class RawConnection {
  /** Those that nobody has taken yet. */
  readonly frames: Frame[] = [];
  readonly taken: Frame[] = [];
  private readonly decoder = new Decoder();
  private preface: Buffer;
  private changed: (() => void) | undefined;
  private trips = 0;
  private readonly reader = new FrameReader({
    frame: (type, flags, id, bytes, start, end) => {
      this.frames.push({ type, flags, id, payload: Buffer.from(bytes.subarray(start, end)) });
    },
  });

  constructor(
    readonly socket: Socket,
    side: 'server' | 'client' = 'server',
  ) {
    this.preface = Buffer.from(side === 'server' ? '' : preface);
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      this.read(chunk);
      this.changed?.();
    });
    socket.on('close', () => this.changed?.());
  }

  /** Connects to a server. @param hello what it is sent first; a client's preface where absent */
  static async connect(
    port: number,
    hello: Buffer = Buffer.concat([Buffer.from(preface), settings()]),
  ): Promise<RawConnection> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    await once(socket, 'connect');
    const connection = new RawConnection(socket, 'client');
    connection.send(hello);
    return connection;
  }

  send(...frames: Buffer[]): void {
    this.socket.write(Buffer.concat(frames));
  }

  /** Waits for the first frames that fulfil the condition, of those that no earlier call has taken. */
  async take(wanted: (frame: Frame) => boolean): Promise<Frame> {
    await this.until(() => this.frames.some(wanted));
    const all = this.frames.splice(0, this.frames.findIndex(wanted) + 1);
    this.taken.push(...all);
    const [last] = all.slice(-1);
    if (last === undefined) throw new Error('Nothing was taken');
    return last;
  }

  takeType(type: keyof typeof frameTypes): Promise<Frame> {
    return this.take((one) => one.type === frameTypes[type]);
  }

  /** Waits for GOAWAY. @returns the name of its error code */
  async goAway(): Promise<ErrorName | undefined> {
    const { payload } = await this.takeType('goAway');
    return errorName(payload.readUInt32BE(4));
  }

  /** Waits for RST_STREAM. @returns its stream and the name of its error code */
  async reset(): Promise<[id: number, code: ErrorName | undefined]> {
    const { id, payload } = await this.takeType('rstStream');
    return [id, errorName(payload.readUInt32BE(0))];
  }

  /** Waits for the HEADERS of a request, or of a response; all must be taken, and in their order. */
  async request(): Promise<{ id: number; flags: number; fields: Record<string, string> }> {
    const { id, flags, payload } = await this.takeType('headers');
    return { id, flags, fields: Object.fromEntries(this.decoder.decode(payload) ?? []) };
  }

  async requests(count: number): Promise<void> {
    for (let i = 0; i < count; i++) await this.request();
  }

  /**
   * Waits until the client has read all that was sent, and has written what it answers.
   * @param keep whether what came meanwhile stays in `frames`
   */
  async roundTrip(keep = false): Promise<void> {
    const opaque = octets(uint32(0) + uint32(++this.trips));
    this.send(frame(frameTypes.ping, 0, 0, opaque));
    const isPong = (one: Frame) => one.type === frameTypes.ping && one.payload.equals(opaque);
    if (keep) await this.until(() => this.frames.some(isPong));
    else await this.take(isPong);
  }

  /** Waits until the other side has closed the connection. */
  async ended(): Promise<void> {
    if (!this.socket.readableEnded && !this.socket.destroyed) await once(this.socket, 'close');
  }

  /** Waits until what was sent has left. */
  async written(): Promise<void> {
    if (this.socket.writableLength > 0) await once(this.socket, 'drain');
    await new Promise(setImmediate);
  }

  private async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      if (this.socket.destroyed) throw new Error('The connection is closed');
      await new Promise<void>((resolve) => {
        this.changed = resolve;
      });
    }
  }

  private read(chunk: Buffer): void {
    let rest = chunk;
    if (this.preface.length < 24) {
      const missing = 24 - this.preface.length;
      this.preface = Buffer.concat([this.preface, chunk.subarray(0, missing)]);
      rest = chunk.subarray(missing);
      if (!preface.startsWith(this.preface.toString('latin1'))) throw new Error('No preface');
    }
    this.reader.read(rest);
  }
}

/** A server in clear text that answers nothing by itself. */
export class RawPeer {
  private readonly waiting: ((connection: RawConnection) => void)[] = [];
  private readonly sockets = new Set<Socket>();

  private constructor(private readonly server: Server) {
    server.on('connection', (socket) => {
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
      this.waiting.shift()?.(new RawConnection(socket));
    });
  }

  static async start(): Promise<RawPeer> {
    const server = createServer({ noDelay: true });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new RawPeer(server);
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Waits for the next connection. */
  accept(): Promise<RawConnection> {
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
    await once(this.server, 'close');
  }
}
