import 'reflect-metadata';
import { X509CertificateGenerator, SubjectAlternativeNameExtension } from '@peculiar/x509';
import { once } from 'node:events';
import {
  createSecureServer,
  type IncomingHttpHeaders,
  type Http2SecureServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';

/** One request as the gateway saw it. */
export interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly stream: ServerHttp2Stream;
  readonly session: ServerHttp2Session;
}

export type Handler = (received: Received) => void;

/** A HTTP/2 server over TLS on a port of its own; its handler answers. */
export class LoopbackGateway {
  handler: Handler = accept;
  /** Answers HTTP/1.1 on the same port: the token endpoint. */
  token: (request: Http2ServerRequest, response: Http2ServerResponse) => void = (_, response) => {
    response.end();
  };
  readonly received: Received[] = [];
  readonly sessions: ServerHttp2Session[] = [];
  /** The server names that clients asked for (SNI); false where they named none. */
  readonly serverNames: (string | false | null)[] = [];
  /** Of each connection whether it went on with the TLS session of an earlier one. */
  readonly resumed: boolean[] = [];
  private readonly sockets = new Set<Socket>();
  port = 0;

  private constructor(
    private readonly server: Http2SecureServer,
    readonly ca: string,
  ) {
    server.on('session', (session) => {
      this.sessions.push(session);
      session.on('error', ignore);
    });
    server.on('connection', (socket: Socket) => {
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
    });
    server.on('secureConnection', (socket: TLSSocket) => {
      this.serverNames.push(socket.servername);
      this.resumed.push(socket.isSessionReused());
    });
    server.on('sessionError', ignore);
    server.on('stream', (stream, headers) => {
      const chunks: Buffer[] = [];
      stream.on('error', ignore);
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const session = this.sessions.find((one) => one === stream.session);
        if (session === undefined || stream.destroyed) return;
        const received = { headers, body: Buffer.concat(chunks).toString(), stream, session };
        this.received.push(received);
        this.handler(received);
      });
    });
    server.on('request', (request: Http2ServerRequest, response: Http2ServerResponse) => {
      if (request.httpVersionMajor === 1) this.token(request, response);
    });
  }

  static async start(maxConcurrentStreams = 1000, port = 0): Promise<LoopbackGateway> {
    const { cert, key } = await identity();
    const settings = { maxConcurrentStreams };
    const server = createSecureServer({ cert, key, allowHTTP1: true, settings });
    const gateway = new LoopbackGateway(server, cert);
    await gateway.listen(port);
    return gateway;
  }

  get url(): string {
    return `https://localhost:${this.port}`;
  }

  /** Listens again after `stop`, on the same port. */
  async listen(port = this.port): Promise<void> {
    this.server.listen(port, 'localhost');
    await once(this.server, 'listening');
    this.port = (this.server.address() as AddressInfo).port;
  }

  /** Cuts every connection in the middle of what it does and stops listening. */
  async stop(): Promise<void> {
    this.kill();
    if (!this.server.listening) return;
    this.server.close();
    await once(this.server, 'close');
  }

  /** Cuts every connection. */
  kill(): void {
    for (const socket of this.sockets) socket.destroy();
  }
}

/** The handler that accepts everything as APNs does. */
export function accept({ stream }: Received): void {
  stream.respond({ ':status': 200 }, { endStream: true });
}

/** Makes a handler that gives this answer. */
export function answer(status: number, body: unknown, headers: IncomingHttpHeaders = {}): Handler {
  return ({ stream }) => {
    stream.respond({ ':status': status, ...headers });
    stream.end(typeof body === 'string' ? body : JSON.stringify(body));
  };
}

/** A self-signed certificate for localhost, which is its own CA. */
export async function identity(): Promise<{ cert: string; key: string }> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' };
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: 'CN=localhost',
    notBefore: new Date('2020-01-01'),
    notAfter: new Date('2100-01-01'),
    keys,
    signingAlgorithm: { ...algorithm, hash: 'SHA-256' },
    extensions: [new SubjectAlternativeNameExtension([{ type: 'dns', value: 'localhost' }])],
  });
  const der = Buffer.from(await crypto.subtle.exportKey('pkcs8', keys.privateKey));
  const key = `-----BEGIN PRIVATE KEY-----\n${der.toString('base64')}\n-----END PRIVATE KEY-----\n`;
  return { cert: certificate.toString('pem'), key };
}

function ignore(): void {
  return;
}
