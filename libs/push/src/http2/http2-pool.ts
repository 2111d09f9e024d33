import { Backoff } from './backoff';
import { CongestionWindow } from './congestion-window';
import type { Connection, ConnectionOwner, Dial } from './connection';
import { ConnectionDemand } from './connection-demand';
import { Exchange, type Answer, type HeaderFields } from './exchange';
import { Fifo } from './fifo';
import { dialHttp2 } from './http2-connection';
import { defaultTimings, type Http2Timings } from './http2-timings';
import type { Origin } from './origin';
import { RoundTrips, type Span } from './round-trips';
import { processTime, type Time } from './time';
import type { Fault } from '../gateway/outcome';
import { transportFault } from '../gateway/transport-fault';

export interface PoolOptions {
  readonly oneStreamUntilAccepted?: boolean;
  readonly maxConnections?: number;
  readonly timings?: Partial<Http2Timings>;
  readonly dial?: Dial;
  readonly time?: Time;
}

const always = () => true;
const withdrawn: Fault = { class: 'withdrawn', reason: 'Withdrawn', sent: false };

/** As many connections as this are opened as soon as all are busy and narrow: their windows are too small to wait. */
const promptConnections = 4;

/**
 * The long-lived connections to one gateway. It opens the first on demand, others as far as the rate and the round trip ask
 * for their streams, and replaces those that the gateway gives up. While the gateway cannot be reached, requests fail at
 * once.
 */
export class Http2Pool implements ConnectionOwner {
  private readonly timings: Http2Timings;
  private readonly oneStreamUntilAccepted: boolean;
  private readonly maxConnections: number;
  private readonly dial: Dial;
  private readonly time: Time;
  private readonly backoff: Backoff;
  private readonly demand: ConnectionDemand;
  private readonly roundTrips = new RoundTrips();
  private readonly congestion = new CongestionWindow();
  private readonly waiting = new Fifo<Exchange>();
  /** Those that take requests, or will once they are open. */
  private active: Connection[] = [];
  private readonly all = new Set<Connection>();
  private opening: Connection | undefined;
  private lastFailure: Fault | undefined;
  private endSweeps: (() => void) | undefined;
  /** When the next sweep is due. */
  private sweepAt = 0;
  /** The last sweep was left out. */
  private spared = false;
  private shut = false;
  private drained: (() => void) | undefined;

  constructor(
    private readonly origin: Origin,
    options: PoolOptions = {},
  ) {
    this.timings = { ...defaultTimings, ...options.timings };
    this.oneStreamUntilAccepted = options.oneStreamUntilAccepted ?? false;
    this.maxConnections = options.maxConnections ?? 16;
    this.dial = options.dial ?? dialHttp2;
    this.time = options.time ?? processTime;
    this.backoff = new Backoff(this.timings.firstBackoffMs, this.timings.maxBackoffMs);
    this.demand = new ConnectionDemand(this.timings.growMs, this.timings.surplusMs);
  }

  /**
   * Sends a request. What goes wrong on the way is a Fault: it rejects with nothing but what `read` throws. The other
   * parameters are as an Exchange has them.
   * @param read makes of the answer what the caller wants, so that a request costs one promise
   */
  post<T = Answer | Fault>(
    head: HeaderFields,
    own: HeaderFields,
    body: Buffer | string,
    mayLeave = always,
    read: (result: Answer | Fault) => T | Promise<T> = (result) => result as T,
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      const deadline = this.time.now() + this.timings.requestTimeoutMs;
      const settle = (result: Answer | Fault) => {
        try {
          resolve(read(result));
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      };
      this.dispatch(new Exchange(head, own, body, deadline, mayLeave, settle));
    });
  }

  /**
   * How many requests may usefully be under way at once; 1 while that is unknown, so that one finds out. Those above it
   * are sent all the same while streams are free.
   */
  get window(): number {
    return Math.max(1, this.congestion.of(this.streams));
  }

  /** @param graceMs how long it waits for answers that are still due */
  async close(graceMs = 5_000): Promise<void> {
    this.shut = true;
    this.failWaiting(transportFault('Closed', false));
    const drained = new Promise<void>((resolve) => {
      this.drained = resolve;
    });
    for (const connection of this.all) connection.retire();
    const timer = setTimeout(() => {
      for (const connection of this.all) connection.destroy(transportFault('Closed', true));
    }, graceMs);
    if (this.all.size > 0) await drained;
    clearTimeout(timer);
  }

  roundTrip(sentAt: number, now: number, isRefusal: boolean): void {
    const span = this.roundTrips.note(sentAt, now, isRefusal);
    if (span !== undefined) this.heed(span, now);
  }

  vacant(connection: Connection): void {
    if (connection === this.opening) this.opening = undefined;
    if (connection.answered) this.backoff.succeeded();
    while (this.waiting.size > 0 && connection.free > 0) {
      const next = this.waiting.shift();
      if (next?.mayLeave() === true) connection.carry(next);
      else next?.settle(withdrawn);
    }
    if (connection.busy) this.grow();
  }

  refused(exchange: Exchange): void {
    if (exchange.replayed || this.shut) {
      exchange.settle(transportFault('RefusedStream', false));
      return;
    }
    exchange.replayed = true;
    this.dispatch(exchange);
  }

  retired(connection: Connection): void {
    this.active = this.active.filter((one) => one !== connection);
    this.grow();
  }

  closed(connection: Connection, why: Fault): void {
    this.all.delete(connection);
    this.active = this.active.filter((one) => one !== connection);
    if (connection === this.opening) this.opening = undefined;
    // A peer that takes connections and drops them unanswered is as good as one that refuses them.
    if (!connection.answered) {
      this.lastFailure = why;
      this.backoff.failed();
    }
    this.grow();
    if (this.all.size > 0) return;
    this.endSweeps?.();
    this.endSweeps = undefined;
    this.drained?.();
  }

  private dispatch(exchange: Exchange): void {
    if (!exchange.mayLeave()) {
      exchange.settle(withdrawn);
      return;
    }
    const connection = this.freest();
    if (connection !== undefined) connection.carry(exchange);
    else this.waiting.push(exchange);
    if (connection === undefined || connection.busy) this.grow();
  }

  /** Finds the connection with the most room for its size, so that a new one with its only stream is soon known. */
  private freest(): Connection | undefined {
    let best: Connection | undefined;
    let most = 0;
    for (const connection of this.active) {
      const { free } = connection;
      if (free <= 0 || free <= most * connection.window) continue;
      best = connection;
      most = free / connection.window;
    }
    return best;
  }

  private get streams(): number {
    let sum = 0;
    for (const connection of this.active) sum += connection.window;
    return sum;
  }

  /** Draws what follows from a span of round trips. */
  private heed(span: Span, now: number): void {
    this.congestion.heed(span, now);
    const connections = this.active.length;
    const asks = this.demand.heed(span, this.streams, connections, now);
    if (asks && this.congestion.steady && connections > 0 && this.mayOpen(this.maxConnections)) {
      this.open();
    }
  }

  /** Opens a connection when one is needed and allowed. Without any, and without leave to open one, nobody may wait. */
  private grow(): void {
    if (this.opening !== undefined) return;
    const pauseMs = this.backoff.remainingMs;
    if (this.active.length === 0) {
      if (this.waiting.size === 0) return;
      if (this.shut) this.failWaiting(transportFault('Closed', false));
      else if (pauseMs > 0) this.failWaiting(this.unreachable(pauseMs));
      else this.open();
    } else if (
      this.mayOpen(Math.min(promptConnections, this.maxConnections)) &&
      this.active.every((connection) => connection.busy && connection.narrow)
    ) {
      this.open();
    }
  }

  /** Tells whether a further connection may be opened. @param most how many there may be then */
  private mayOpen(most: number): boolean {
    return (
      !this.shut &&
      this.opening === undefined &&
      this.backoff.remainingMs === 0 &&
      this.active.length < most
    );
  }

  private open(): void {
    const { timings, time, oneStreamUntilAccepted } = this;
    this.opening = this.dial(this.origin, this, { timings, time, oneStreamUntilAccepted });
    this.active.push(this.opening);
    this.all.add(this.opening);
    this.demand.opened(time.now());
    if (this.endSweeps !== undefined) return;
    this.sweepAt = time.now() + timings.sweepMs;
    this.endSweeps = time.every(timings.sweepMs, () => {
      this.sweep();
    });
  }

  private sweep(): void {
    const now = this.time.now();
    const { sweepMs } = this.timings;
    const wasAway = now - this.sweepAt > sweepMs;
    this.sweepAt = now + sweepMs;
    if (wasAway && !this.spared) {
      // This process stood still. What was answered meanwhile is not read yet, and would be sent again.
      this.spared = true;
      return;
    }
    this.spared = false;
    for (const connection of this.all) connection.sweep(now);
    if (this.demand.hasSurplus(this.active.length, now)) this.active.at(-1)?.retire();
    for (const overdue of this.waiting.take(({ deadline }) => deadline <= now)) {
      overdue.settle(transportFault('RequestTimeout', false));
    }
    for (const exchange of this.waiting.take(({ mayLeave }) => !mayLeave())) {
      exchange.settle(withdrawn);
    }
  }

  private failWaiting(fault: Fault): void {
    for (let next = this.waiting.shift(); next !== undefined; next = this.waiting.shift()) {
      next.settle(fault);
    }
  }

  private unreachable(retryAfterMs: number): Fault {
    return {
      ...(this.lastFailure ?? transportFault('ConnectionLost', false)),
      sent: false,
      retryAfterMs,
    };
  }
}
