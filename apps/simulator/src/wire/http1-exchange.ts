import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Answer, ClientConnection } from './request';
import type { Exchange, RequestPipeline } from './request-pipeline';

const maxBodyBytes = 64 * 1024;

/** Serves HTTP/1.1 for Google's libraries, which fetch their tokens that way. */
export function serveHttp1(pipeline: RequestPipeline): RequestListener {
  const connections = new WeakMap<Socket, ClientConnection>();
  return (message, response) => {
    let connection = connections.get(message.socket);
    if (connection === undefined) {
      connection = { requests: 0, allowStreams: () => undefined };
      connections.set(message.socket, connection);
    }
    void receive(message, response, connection, pipeline).catch(() => {
      message.socket.destroy();
    });
  };
}

async function receive(
  message: IncomingMessage,
  response: ServerResponse,
  connection: ClientConnection,
  pipeline: RequestPipeline,
): Promise<void> {
  const chunks: Buffer[] = [];
  let bodyBytes = 0;
  for await (const chunk of message as AsyncIterable<Buffer>) {
    bodyBytes += chunk.length;
    if (bodyBytes <= maxBodyBytes) chunks.push(chunk);
  }
  connection.requests++;
  pipeline.handle(
    {
      method: message.method ?? '',
      path: message.url ?? '',
      headers: message.headers,
      rawHeaders: message.rawHeaders,
      body: Buffer.concat(chunks).toString(),
      bodyBytes,
      connection,
    },
    new Http1Exchange(message.socket, response),
  );
}

class Http1Exchange implements Exchange {
  constructor(
    private readonly socket: Socket,
    private readonly response: ServerResponse,
  ) {}

  answer({ status, headers, body }: Answer): void {
    if (this.response.destroyed) return;
    this.response.writeHead(status, headers).end(body);
  }

  reset(): void {
    this.socket.destroy();
  }

  goAway(): void {
    this.response.setHeader('connection', 'close');
  }

  destroyConnection(): void {
    this.socket.destroy();
  }
}
