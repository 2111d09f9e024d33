import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { Request } from '../server/requests';
import { ServerConnection } from '../server/server-connection';

/** A server in clear text, which answers each request with its own content; one for `/wait` when the test does so. */
export class AnsweringServer {
  readonly requests: Request[] = [];
  /** The newest one. */
  connection: ServerConnection | undefined;
  private readonly sockets = new Set<Socket>();

  private constructor(private readonly server: Server) {}

  static async start(maxConcurrentStreams = 4): Promise<AnsweringServer> {
    const server = createServer({ noDelay: true });
    const answering = new AnsweringServer(server);
    server.on('connection', (socket) => {
      answering.sockets.add(socket);
      socket.on('close', () => answering.sockets.delete(socket));
      const connection = new ServerConnection(
        socket,
        { maxConcurrentStreams, indexing: () => 'indexed' },
        (request) => {
          answering.requests.push(request);
          if (request.path !== '/wait') connection.answer(request.id, 200, {}, request.content);
        },
      );
      answering.connection = connection;
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return answering;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
    await once(this.server, 'close');
  }
}
