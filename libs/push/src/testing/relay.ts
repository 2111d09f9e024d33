import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { pipeline } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

/** Leads what comes from one socket to another. */
type Lead = (from: Socket, to: Socket) => void;

const atOnce: Lead = (from, to) => {
  from.pipe(to);
};

/** Reads no more than nine kilobytes in a millisecond, whatever comes. Who writes more has to wait. */
export const slowly: Lead = (from, to) => {
  pipeline(from, inPieces, to, () => undefined);
};

async function* inPieces(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const pieceBytes = 9_000;
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length; at += pieceBytes) {
      await sleep(1);
      yield chunk.subarray(at, at + pieceBytes);
    }
  }
}

/** A wire between client and server that can fall silent without breaking, as a half-open connection does. */
export class Relay {
  private readonly sockets = new Set<Socket>();
  private readonly server = createServer({ allowHalfOpen: true }, (near) => {
    const far = connect({ port: this.port, host: 'localhost', allowHalfOpen: true });
    for (const socket of [near, far]) {
      this.sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => this.sockets.delete(socket));
    }
    this.lead(near, far);
    this.lead(far, near);
  });

  constructor(
    private readonly port: number,
    private readonly lead = atOnce,
  ) {}

  /** @returns the port to dial instead */
  async start(): Promise<number> {
    this.server.listen(0, 'localhost');
    await once(this.server, 'listening');
    return (this.server.address() as AddressInfo).port;
  }

  /** Lets nothing more through the present connections. New connections work. */
  fallSilent(): void {
    for (const socket of this.sockets) {
      socket.unpipe();
      socket.resume();
    }
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
    await once(this.server, 'close');
  }
}
