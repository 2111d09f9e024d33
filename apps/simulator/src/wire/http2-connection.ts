import type { IncomingHttpHeaders, ServerHttp2Session, ServerHttp2Stream } from 'node:http2';
import type { TLSSocket } from 'node:tls';
import type { Answer, ClientConnection, Provider } from './request';
import type { Exchange, RequestPipeline } from './request-pipeline';

/** The bytes of a body that are kept, far more than a payload may have; the rest is only counted. */
const maxBodyBytes = 64 * 1024;

/** Gathers the requests of one client's HTTP/2 connection for the pipeline, and does to them what it says. */
export class Http2Connection implements ClientConnection {
  requests = 0;
  provider?: Provider;
  #streamsAllowed = false;
  /** The last stream that is processed. Later ones came after our GOAWAY: the client may repeat them elsewhere. */
  #lastStreamId = Infinity;
  /** The highest stream so far. Bodies end in any order, so the request in hand need not be it. */
  #highestStreamId = 0;
  #openStreams = 0;

  constructor(
    private readonly session: ServerHttp2Session,
    private readonly socket: TLSSocket,
    private readonly pipeline: RequestPipeline,
    private readonly maxConcurrentStreams: number,
  ) {}

  serve(): void {
    this.session.on('error', () => undefined); // reported by the client's own side of the connection
    this.session.on(
      'stream',
      (
        stream: ServerHttp2Stream,
        headers: IncomingHttpHeaders,
        _flags: number,
        rawHeaders: readonly string[],
      ) => {
        this.#receive(stream, headers, rawHeaders);
      },
    );
  }

  allowStreams(): void {
    if (this.#streamsAllowed) return;
    this.#streamsAllowed = true;
    this.session.settings({ maxConcurrentStreams: this.maxConcurrentStreams });
  }

  #receive(
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    rawHeaders: readonly string[],
  ): void {
    stream.on('error', () => undefined); // a client may cancel what it likes
    this.#openStreams++;
    stream.on('close', () => {
      this.#openStreams--;
      // As the gateways do: the connection ends with its last answer, once that is on its way.
      if (this.#openStreams > 0 || this.#lastStreamId === Infinity) return;
      setImmediate(() => {
        this.session.close();
      });
    });
    let chunks: Buffer[] = [];
    let bodyBytes = 0;
    stream.on('data', (chunk: Buffer) => {
      bodyBytes += chunk.length;
      if (bodyBytes <= maxBodyBytes) chunks.push(chunk);
    });
    stream.on('end', () => {
      const streamId = stream.id ?? 0;
      if (stream.destroyed || streamId > this.#lastStreamId) return;
      this.#highestStreamId = Math.max(this.#highestStreamId, streamId);
      this.requests++;
      const body = chunks.length === 1 ? chunks[0] : Buffer.concat(chunks);
      chunks = [];
      this.pipeline.handle(
        {
          method: headers[':method'] ?? '',
          path: headers[':path'] ?? '',
          headers,
          rawHeaders,
          body: body?.toString() ?? '',
          bodyBytes,
          connection: this,
        },
        new Http2Exchange(this, stream),
      );
    });
  }

  /** Sends GOAWAY; later streams of this connection are ignored from now on. */
  goAway(code: number, reason: string | undefined): void {
    this.#lastStreamId = Math.min(this.#lastStreamId, this.#highestStreamId);
    const debugData = reason === undefined ? undefined : Buffer.from(JSON.stringify({ reason }));
    this.session.goaway(code, this.#lastStreamId, debugData);
  }

  /** Ends the connection without the GOAWAY that ends one in good order. */
  destroy(): void {
    this.socket.destroy();
  }
}

class Http2Exchange implements Exchange {
  constructor(
    private readonly connection: Http2Connection,
    private readonly stream: ServerHttp2Stream,
  ) {}

  answer({ status, headers, body }: Answer): void {
    const { stream } = this;
    if (stream.destroyed || stream.closed) return;
    stream.respond({ ':status': status, ...headers }, { endStream: body === '' });
    if (body !== '') stream.end(body);
  }

  reset(code: number): void {
    this.stream.close(code);
  }

  goAway(code: number, reason: string | undefined): void {
    this.connection.goAway(code, reason);
  }

  destroyConnection(): void {
    this.connection.destroy();
  }
}
