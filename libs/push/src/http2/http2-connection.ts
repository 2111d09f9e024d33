import {
  connect,
  constants,
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type Settings,
} from 'node:http2';
import type { Socket } from 'node:net';
import type { Connection, ConnectionOwner, ConnectionSettings, Dial } from './connection';
import type { Exchange } from './exchange';
import type { Origin } from './origin';
import type { Fault } from '../gateway/outcome';
import { reasonOf, transportFault } from '../gateway/transport-fault';

const { NGHTTP2_CANCEL, NGHTTP2_FLAG_END_STREAM, NGHTTP2_REFUSED_STREAM } = constants;

/** The stream limit for gateways that name none; most do. */
const maxStreams = 1000;
/** The share of the limit that is used: beyond nine tenths, Node's own server answers ENHANCE_YOUR_CALM now and then. */
const share = 0.9;
const maxBodyBytes = 65_536;

/** A connection by Node's own HTTP/2. */
class Http2Connection implements Connection {
  private readonly session: ClientHttp2Session;
  private socket: Socket | undefined;
  private readonly underWay = new Map<Exchange, ClientHttp2Stream>();
  private readonly openedAt = performance.now();
  private readonly connectTimer: NodeJS.Timeout;
  private failure: Fault | undefined;
  private state: 'opening' | 'open' | 'retired' = 'opening';
  private accepted = false;
  private streamLimit = 0;
  private lastAnswerAt = 0;
  private pingedAt: number | undefined;
  private lastStreamId = Number.MAX_SAFE_INTEGER;
  private serverErrors = 0;

  answered = false;
  window = 0;

  constructor(
    origin: Origin,
    private readonly settings: ConnectionSettings,
    private readonly owner: ConnectionOwner,
  ) {
    this.session = connect(origin.href, {
      settings: { enablePush: false },
      ...(origin.tls && { secureContext: origin.tls }),
    });
    this.connectTimer = setTimeout(() => {
      this.destroy(transportFault('ConnectTimeout', false));
    }, settings.timings.connectTimeoutMs);
    this.session.once('connect', (_, socket) => {
      this.socket = socket;
    });
    // A connection counts as open when the peer's SETTINGS are here: before, its stream limit is unknown.
    this.session.on('remoteSettings', ({ maxConcurrentStreams }: Settings) => {
      this.configured(Math.min(maxConcurrentStreams ?? maxStreams, maxStreams));
    });
    this.session.on('goaway', (code: number, lastStreamId: number, data?: Buffer) => {
      this.lastStreamId = lastStreamId;
      this.failure ??= transportFault('GoAway', true, {
        detail: `error code ${code}${data === undefined ? '' : `, ${data.toString('utf8', 0, 200)}`}`,
      });
      this.retire();
    });
    this.session.on('error', (error: NodeJS.ErrnoException) => {
      this.failure ??= transportFault(reasonOf(error.code), true, { detail: error.message });
    });
    this.session.once('close', () => {
      clearTimeout(this.connectTimer);
      this.state = 'retired';
      owner.closed(this, this.failure ?? transportFault('ConnectionLost', true));
    });
  }

  get free(): number {
    const { closed, destroyed } = this.session;
    return this.state !== 'open' || closed || destroyed ? 0 : this.window - this.underWay.size;
  }

  get busy(): boolean {
    return this.free * 5 <= this.window;
  }

  get narrow(): boolean {
    return this.accepted && this.streamLimit <= 256;
  }

  carry(exchange: Exchange): void {
    let stream: ClientHttp2Stream;
    try {
      stream = this.session.request(headersOf(exchange));
    } catch (error) {
      // Node refuses a header, or the session broke a moment ago.
      const detail = error instanceof Error ? error.message : String(error);
      exchange.settle(transportFault('ConnectionLost', false, { detail }));
      return;
    }
    if (this.underWay.size === 0) this.lastAnswerAt = performance.now();
    this.underWay.set(exchange, stream);
    stream.on('response', (headers, flags) => {
      this.respond(exchange, stream, headers, flags);
    });
    stream.on('error', ignore);
    stream.on('close', () => {
      if (this.underWay.has(exchange)) this.lose(exchange, stream);
    });
    stream.end(exchange.body);
  }

  sweep(now: number): void {
    if (this.state === 'opening' || this.session.destroyed) return;
    for (const [exchange, stream] of this.underWay) {
      if (exchange.deadline > now) continue;
      this.underWay.delete(exchange);
      stream.close(NGHTTP2_CANCEL);
      exchange.settle(transportFault('RequestTimeout', true));
    }
    if (this.free > 0) this.owner.vacant(this);
    const { pingBusyMs, pingIdleMs, pongTimeoutMs } = this.settings.timings;
    if (this.pingedAt !== undefined) {
      if (now - this.pingedAt >= pongTimeoutMs) this.destroy(transportFault('PingTimeout', true));
    } else if (now - this.lastAnswerAt >= (this.underWay.size > 0 ? pingBusyMs : pingIdleMs)) {
      this.pingedAt = now;
      this.session.ping((error) => {
        if (error !== null) return;
        this.pingedAt = undefined;
        this.lastAnswerAt = performance.now();
      });
    }
  }

  retire(): void {
    if (this.state === 'retired') return;
    if (this.state === 'opening') this.session.destroy();
    else this.session.close();
    this.state = 'retired';
    this.owner.retired(this);
  }

  destroy(why: Fault): void {
    this.failure = why;
    this.session.destroy();
    // Of a session that was being closed, Node waits for the peer to close its side, which may never happen.
    this.socket?.destroy();
  }

  private configured(streamLimit: number): void {
    clearTimeout(this.connectTimer);
    this.streamLimit = streamLimit;
    if (this.state === 'opening') {
      this.state = 'open';
      this.lastAnswerAt = performance.now();
    }
    this.resize();
  }

  private resize(): void {
    const single = this.settings.oneStreamUntilAccepted && !this.accepted;
    const limit = single ? Math.min(1, this.streamLimit) : this.streamLimit;
    this.window = limit === 0 ? 0 : Math.max(1, Math.floor(limit * share));
    if (this.free > 0) this.owner.vacant(this);
  }

  private respond(
    exchange: Exchange,
    stream: ClientHttp2Stream,
    headers: IncomingHttpHeaders,
    flags: number,
  ): void {
    const status = Number(headers[':status']);
    const retryAfter = headers['retry-after'];
    if ((flags & NGHTTP2_FLAG_END_STREAM) !== 0) {
      stream.resume();
      this.finish(exchange, status, retryAfter, '');
      return;
    }
    let body: Buffer | undefined;
    stream.on('data', (chunk: Buffer) => {
      body = body === undefined ? chunk : Buffer.concat([body, chunk]);
      if (body.length < maxBodyBytes) return;
      this.finish(exchange, status, retryAfter, body.toString('utf8', 0, maxBodyBytes));
      stream.close(NGHTTP2_CANCEL);
    });
    stream.on('end', () => {
      // A stream that is torn down also ends; its `close` event tells what happened.
      if (stream.rstCode !== 0) return;
      this.finish(exchange, status, retryAfter, body?.toString() ?? '');
    });
  }

  private finish(
    exchange: Exchange,
    status: number,
    retryAfter: string | undefined,
    body: string,
  ): void {
    if (!this.underWay.delete(exchange)) return;
    this.lastAnswerAt = performance.now();
    this.answered = true;
    exchange.settle({
      status,
      body,
      retryAfter,
      retire: () => {
        this.retire();
      },
    });
    if (status >= 500) this.serverFailed();
    else this.serverErrors = 0;
    // 410 as well: only a caller it believes is told that a token is dead.
    if (!this.accepted && (status === 200 || status === 410)) {
      this.accepted = true;
      this.resize();
    } else if (this.free > 0) {
      this.owner.vacant(this);
    }
  }

  /** Retires a connection whose server fails again and again, for many are behind one address; but not in a hot loop. */
  private serverFailed(): void {
    this.serverErrors++;
    const { minLifeMs } = this.settings.timings;
    if (this.serverErrors >= 10 && performance.now() - this.openedAt > minLifeMs) this.retire();
  }

  private lose(exchange: Exchange, stream: ClientHttp2Stream): void {
    this.underWay.delete(exchange);
    const id = stream.id;
    if (stream.rstCode === NGHTTP2_REFUSED_STREAM || (id !== undefined && id > this.lastStreamId)) {
      this.owner.refused(exchange);
    } else if (this.session.destroyed || this.failure !== undefined) {
      exchange.settle(
        this.failure ?? transportFault('ConnectionLost', true, { detail: 'in mid-request' }),
      );
    } else {
      exchange.settle(
        transportFault('StreamReset', true, { detail: `error code ${stream.rstCode}` }),
      );
    }
    if (this.free > 0) this.owner.vacant(this);
  }
}

export const dialNode: Dial = (origin, owner, settings) =>
  new Http2Connection(origin, settings, owner);

/** Field by field: to add to an object that was spread takes Node a hundred times as long. */
function headersOf({ head, own }: Exchange): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = {};
  for (const name in head) headers[name] = head[name];
  for (const name in own) headers[name] = own[name];
  return headers;
}

/** Ignores an error: the `close` event follows every one and tells what the caller must know. */
function ignore(): void {
  return;
}
