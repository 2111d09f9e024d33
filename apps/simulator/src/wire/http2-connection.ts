import type { IncomingHttpHeaders } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { errorName, type HeaderField, type Request, ServerConnection } from '@app/http2';
import type { Answer, ClientConnection, Provider } from './request';
import type { Exchange, RequestPipeline } from './request-pipeline';

/** Fields of which only the first counts; others that come again are a list. */
const single = new Set(['authorization', 'content-length', 'content-type', 'user-agent']);
/** Fields whose values differ from answer to answer. */
const changing = new Set(['apns-id', 'retry-after']);

/** Leads the requests of one client's HTTP/2 connection to the pipeline, and does to them what it says. */
export class Http2Connection implements ClientConnection {
  requests = 0;
  provider?: Provider;
  #streamsAllowed = false;
  readonly #http2: ServerConnection;

  /** @param initialStreams may be open until the rules allow `maxConcurrentStreams` */
  constructor(
    socket: TLSSocket,
    private readonly pipeline: RequestPipeline,
    initialStreams: number,
    private readonly maxConcurrentStreams: number,
  ) {
    this.#http2 = new ServerConnection(
      socket,
      {
        maxConcurrentStreams: initialStreams,
        indexing: (name) => (changing.has(name) ? 'name' : 'indexed'),
      },
      (request) => {
        this.#receive(request);
      },
    );
  }

  allowStreams(): void {
    if (this.#streamsAllowed) return;
    this.#streamsAllowed = true;
    this.#http2.allowStreams(this.maxConcurrentStreams);
  }

  #receive({ id, method, path, fields, content, contentBytes }: Request): void {
    this.requests++;
    this.pipeline.handle(
      {
        method,
        path,
        headers: headersOf(fields),
        rawHeaders: rawHeadersOf(fields),
        body: content,
        bodyBytes: contentBytes,
        connection: this,
      },
      new Http2Exchange(this.#http2, id),
    );
  }
}

class Http2Exchange implements Exchange {
  constructor(
    private readonly connection: ServerConnection,
    private readonly id: number,
  ) {}

  answer({ status, headers, body }: Answer): void {
    this.connection.answer(this.id, status, headers, body);
  }

  reset(code: number): void {
    this.connection.reset(this.id, errorName(code) ?? 'INTERNAL_ERROR');
  }

  goAway(code: number, reason: string | undefined): void {
    const debugData = reason === undefined ? '' : JSON.stringify({ reason });
    this.connection.goAway(errorName(code) ?? 'INTERNAL_ERROR', debugData);
  }

  destroyConnection(): void {
    this.connection.destroy();
  }
}

/** Gathers fields by their names, as Node does for HTTP/1.1. */
function headersOf(fields: readonly HeaderField[]): IncomingHttpHeaders {
  const headers: Record<string, unknown> & IncomingHttpHeaders = {};
  for (const [name, value] of fields) {
    const earlier = headers[name];
    if (typeof earlier !== 'string') headers[name] = value;
    else if (!single.has(name)) headers[name] = `${earlier}, ${value}`;
  }
  return headers;
}

/** Lists names and values in turn; `flat` takes as long as all else that is done with them. */
function rawHeadersOf(fields: readonly HeaderField[]): string[] {
  const raw: string[] = [];
  for (const [name, value] of fields) raw.push(name, value);
  return raw;
}
