import {
  ClientConnection,
  type ConnectionEnd,
  type ConnectionEvents,
  type GoAway,
  type HeaderField,
  type Indexing,
  type Loss,
  type Receiver,
} from '@app/http2';
import type { Connection, ConnectionOwner, ConnectionSettings, Dial } from './connection';
import type { Answer, Exchange } from './exchange';
import type { Origin } from './origin';
import type { Time } from './time';
import type { Fault } from '../gateway/outcome';
import { reasonOf, transportFault } from '../gateway/transport-fault';

/** The stream limit for gateways that name none; most do. */
const maxStreams = 1000;
/** The share of the limit that is used: beyond nine tenths, Node's own server answers ENHANCE_YOUR_CALM now and then. */
const share = 0.9;
const maxBodyBytes = 65_536;

/**
 * How APNs wants its fields compressed, and nothing in it is wrong for others: what differs by device stays out of the
 * gateway's small table, which is for what repeats.
 */
const indexing: Readonly<Record<string, Indexing>> = {
  ':path': 'literal',
  'apns-id': 'name',
  'apns-expiration': 'name',
  'apns-collapse-id': 'name',
};

/** A connection by our own HTTP/2. */
class Http2Connection implements Connection, ConnectionEvents {
  private readonly http2: ClientConnection<Carried>;
  private readonly time: Time;
  private readonly openedAt: number;
  private readonly connectTimer: NodeJS.Timeout;
  private failure: Fault | undefined;
  private state: 'opening' | 'open' | 'retired' = 'opening';
  private accepted = false;
  private streamLimit = 0;
  private lastAnswerAt = 0;
  private pingedAt: number | undefined;
  private serverErrors = 0;

  answered = false;
  window = 0;

  constructor(
    origin: Origin,
    private readonly settingsOfPool: ConnectionSettings,
    private readonly owner: ConnectionOwner,
  ) {
    this.time = settingsOfPool.time;
    this.openedAt = this.time.now();
    this.http2 = new ClientConnection(origin, this, {
      authority: new URL(origin.href).host,
      indexing: (name) => indexing[name] ?? 'indexed',
    });
    this.connectTimer = setTimeout(() => {
      const through = origin.proxy && { detail: 'through the proxy' };
      this.destroy(transportFault('ConnectTimeout', false, through));
    }, settingsOfPool.timings.connectTimeoutMs);
  }

  get free(): number {
    const open = this.state === 'open' && this.http2.ready;
    return open ? this.window - this.http2.underWay.size : 0;
  }

  get busy(): boolean {
    return this.free * 5 <= this.window;
  }

  get narrow(): boolean {
    return this.accepted && this.streamLimit <= 256;
  }

  carry(exchange: Exchange): void {
    const now = this.time.now();
    if (this.http2.underWay.size === 0) this.lastAnswerAt = now;
    const carried = new Carried(exchange, this, now);
    try {
      carried.id = this.http2.request(exchange.head, exchange.own, exchange.body, carried);
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      exchange.settle(transportFault('ConnectionLost', false, { detail }));
    }
  }

  sweep(now: number): void {
    if (this.state === 'opening') return;
    for (const [id, { receiver }] of this.http2.underWay) {
      if (receiver.exchange.deadline > now) continue;
      this.http2.cancel(id);
      receiver.exchange.settle(transportFault('RequestTimeout', true));
      this.owner.roundTrip(receiver.sentAt, now, true);
    }
    this.ready();
    const { pingBusyMs, pingIdleMs, pongTimeoutMs } = this.settingsOfPool.timings;
    const isBusy = this.http2.underWay.size > 0;
    if (this.pingedAt !== undefined) {
      if (now - this.pingedAt >= pongTimeoutMs) this.destroy(transportFault('PingTimeout', true));
    } else if (now - this.lastAnswerAt >= (isBusy ? pingBusyMs : pingIdleMs)) {
      this.pingedAt = now;
      this.http2.ping(() => {
        this.pingedAt = undefined;
        this.lastAnswerAt = this.time.now();
      });
    }
  }

  readonly retire = (): void => {
    if (this.state === 'retired') return;
    this.state = 'retired';
    this.owner.retired(this);
    this.http2.close();
  };

  destroy(why: Fault): void {
    this.failure = why;
    this.http2.destroy();
  }

  /** The peer's SETTINGS came. A connection counts as open from the first on: before, its stream limit is unknown. */
  settings(maxConcurrentStreams: number): void {
    clearTimeout(this.connectTimer);
    this.streamLimit = Math.min(maxConcurrentStreams, maxStreams);
    if (this.state === 'opening') {
      this.state = 'open';
      this.lastAnswerAt = this.time.now();
    }
    this.resize();
  }

  ready(): void {
    if (this.free > 0) this.owner.vacant(this);
  }

  draining(goAway: GoAway | undefined): void {
    if (goAway !== undefined) {
      const { code, debugData } = goAway;
      this.failure ??= transportFault('GoAway', true, {
        detail: `error code ${code}${debugData === '' ? '' : `, ${debugData}`}`,
      });
    }
    this.retire();
  }

  closed(end: ConnectionEnd): void {
    clearTimeout(this.connectTimer);
    this.state = 'retired';
    const fault = this.failure ?? faultOf(end);
    for (const { receiver } of this.http2.underWay.values()) receiver.exchange.settle(fault);
    this.owner.closed(this, fault);
  }

  finish(
    { exchange, sentAt }: Carried,
    status: number,
    retryAfter: string | undefined,
    body: string,
  ): void {
    this.lastAnswerAt = this.time.now();
    this.answered = true;
    this.owner.roundTrip(sentAt, this.lastAnswerAt, status === 429 || status === 503);
    exchange.settle({ status, body, retryAfter, retire: this.retire } satisfies Answer);
    if (status >= 500) this.serverFailed();
    else this.serverErrors = 0;
    // 410 as well: only a caller it believes is told that a token is dead.
    if (!this.accepted && (status === 200 || status === 410)) {
      this.accepted = true;
      this.resize();
    } else {
      this.ready();
    }
  }

  lose(exchange: Exchange, loss: Loss): void {
    if (loss.why === 'unprocessed') this.owner.refused(exchange);
    else exchange.settle(this.failure ?? transportFault('StreamReset', true, loss));
    this.ready();
  }

  cancel(id: number): void {
    this.http2.cancel(id);
  }

  private resize(): void {
    const single = this.settingsOfPool.oneStreamUntilAccepted && !this.accepted;
    const limit = single ? Math.min(1, this.streamLimit) : this.streamLimit;
    this.window = limit === 0 ? 0 : Math.max(1, Math.floor(limit * share));
    this.ready();
  }

  /** Retires a connection whose server fails again and again, for many are behind one address; but not in a hot loop. */
  private serverFailed(): void {
    this.serverErrors++;
    const { minLifeMs } = this.settingsOfPool.timings;
    if (this.serverErrors >= 10 && this.time.now() - this.openedAt > minLifeMs) this.retire();
  }
}

export const dialHttp2: Dial = (origin, owner, settings) =>
  new Http2Connection(origin, settings, owner);

/** An exchange on its connection: it gathers the answer. */
class Carried implements Receiver {
  id = 0;
  private status = 0;
  private retryAfter: string | undefined;
  private body: Buffer | undefined;

  constructor(
    readonly exchange: Exchange,
    private readonly connection: Http2Connection,
    readonly sentAt: number,
  ) {}

  head(status: number, fields: readonly HeaderField[]): void {
    this.status = status;
    for (const [name, value] of fields) if (name === 'retry-after') this.retryAfter = value;
  }

  data(bytes: Buffer): void {
    this.body = this.body === undefined ? Buffer.from(bytes) : Buffer.concat([this.body, bytes]);
    if (this.body.length < maxBodyBytes) return;
    this.connection.cancel(this.id);
    this.end();
  }

  end(): void {
    const body = this.body?.toString('utf8', 0, maxBodyBytes) ?? '';
    this.connection.finish(this, this.status, this.retryAfter, body);
  }

  lost(loss: Loss): void {
    this.connection.lose(this.exchange, loss);
  }
}

function faultOf(end: ConnectionEnd): Fault {
  switch (end.by) {
    case 'socket': {
      const { error } = end;
      if (error === undefined) break;
      // Of several addresses that can't be reached, Node's error has no message of its own.
      const detail = error.message || (error.code ?? error.name);
      return transportFault(reasonOf(error.code), true, { detail });
    }
    case 'protocol':
      return transportFault('ConnectionLost', true, { detail: `${end.code}: ${end.detail}` });
  }
  return transportFault('ConnectionLost', true);
}
