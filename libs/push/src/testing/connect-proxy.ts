import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';

/** Answers a CONNECT instead of the proxy. */
export type Whim = (socket: Socket) => void;

/** A proxy on loopback that opens tunnels, unless it is told to behave in another way. */
export class ConnectProxy {
  /** What was asked for: the destination and the credentials. */
  readonly asked: { destination: string | undefined; authorization: string | undefined }[] = [];
  whim: Whim | undefined;
  /** How long it takes to answer. */
  delayMs = 0;
  private readonly sockets = new Set<Socket>();
  private readonly server = createServer();

  async start(): Promise<{ host: string; port: number; authorization: string | undefined }> {
    this.server.on('connect', (request: IncomingMessage, near: Socket) => {
      this.keep(near);
      const { url, headers } = request;
      this.asked.push({ destination: url, authorization: headers['proxy-authorization'] });
      const answer =
        this.whim ??
        ((socket) => {
          this.tunnel(socket, url ?? '');
        });
      setTimeout(answer, this.delayMs, near);
    });
    this.server.listen(0, 'localhost');
    await once(this.server, 'listening');
    const { port } = this.server.address() as AddressInfo;
    return { host: 'localhost', port, authorization: undefined };
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    if (!this.server.listening) return;
    this.server.close();
    await once(this.server, 'close');
  }

  private tunnel(near: Socket, destination: string): void {
    const { hostname, port } = new URL(`http://${destination}`);
    const far = connect({ host: hostname, port: Number(port), autoSelectFamily: true });
    this.keep(far);
    far.once('connect', () => {
      near.write('HTTP/1.1 200 Connection established\r\n\r\n');
      near.pipe(far).pipe(near);
    });
  }

  private keep(socket: Socket): void {
    this.sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.sockets.delete(socket));
  }
}
