import { createServer as createHttp1Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { createServer as createTlsServer, type Server, type TLSSocket } from 'node:tls';
import { serveHttp1 } from './http1-exchange';
import { Http2Connection } from './http2-connection';
import type { RequestPipeline } from './request-pipeline';
import type { TlsIdentity } from './tls-identity';

export interface GatewayServerOptions {
  readonly host: string;
  /** The port to listen on; 0 is any free one. */
  readonly port: number;
  readonly tls: TlsIdentity;
  /** SETTINGS_MAX_CONCURRENT_STREAMS of a new connection. */
  readonly initialStreams: number;
  /** SETTINGS_MAX_CONCURRENT_STREAMS once the rules allow more. */
  readonly maxConcurrentStreams: number;
  /** Whether HTTP/1.1 is spoken too: Google's endpoints do, Apple's do not. */
  readonly allowHttp1: boolean;
}

/** Runs TLS, ALPN and the listener of one gateway; the pipeline decides what is answered. */
export class GatewayServer {
  readonly #tls: Server;
  readonly #sockets = new Set<Socket>();
  #port: number;
  #reopen: NodeJS.Timeout | undefined;

  constructor(
    private readonly options: GatewayServerOptions,
    pipeline: RequestPipeline,
  ) {
    this.#port = options.port;
    const http1 = createHttp1Server(serveHttp1(pipeline));

    this.#tls = createTlsServer(
      {
        key: options.tls.key,
        cert: options.tls.cert,
        ALPNProtocols: options.allowHttp1 ? ['h2', 'http/1.1'] : ['h2'],
      },
      (socket: TLSSocket) => {
        if (socket.alpnProtocol === 'h2') {
          const { initialStreams, maxConcurrentStreams } = options;
          new Http2Connection(socket, pipeline, initialStreams, maxConcurrentStreams);
        } else if (options.allowHttp1) http1.emit('connection', socket);
        else socket.destroy();
      },
    );
    this.#tls.on('connection', (socket: Socket) => {
      socket.setNoDelay(true);
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
    this.#tls.on('tlsClientError', () => undefined); // a client that does not trust our CA hangs up
  }

  get url(): string {
    const { host } = this.options;
    return `https://${host.includes(':') ? `[${host}]` : host}:${this.#port}`;
  }

  listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#tls.once('error', reject);
      this.#tls.listen(this.#port, this.options.host, () => {
        this.#tls.off('error', reject);
        this.#port = (this.#tls.address() as AddressInfo).port;
        resolve();
      });
    });
  }

  /** Drops every connection and refuses new ones for `ms`. */
  refuse(ms: number): void {
    clearTimeout(this.#reopen);
    this.#tls.close();
    this.#dropConnections();
    this.#reopen = setTimeout(() => {
      this.#reopen = undefined;
      // Somebody else may have taken the port meanwhile: then the gateway stays away, as a refused one would.
      this.listen().catch(() => undefined);
    }, ms);
  }

  close(): Promise<void> {
    clearTimeout(this.#reopen);
    return new Promise((resolve) => {
      this.#tls.close(() => {
        resolve();
      });
      this.#dropConnections();
    });
  }

  #dropConnections(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}
