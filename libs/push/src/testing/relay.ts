import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

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
    near.pipe(far).pipe(near);
  });

  constructor(private readonly port: number) {}

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
