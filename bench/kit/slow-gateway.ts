import { once } from 'node:events';
import { createSecureServer, type Http2SecureServer, type ServerHttp2Session } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { SystemClock } from '@app/core';
import { createTlsIdentity } from '../../apps/simulator/src';

/** What came from one application. */
interface Arrivals {
  count: number;
  /** When the last one came, on the scale of `performance.now()`. */
  lastAt: number;
}

/** A gateway in this process that accepts everything, as late as it is told to for the application that sends. */
export class SlowGateway {
  /** How long an application waits for an answer, by its APNs topic; for ever where it is infinite. */
  readonly latencyMs = new Map<string, number>();
  private readonly arrivals = new Map<string, Arrivals>();
  private readonly sessions = new Set<ServerHttp2Session>();

  private constructor(
    private readonly server: Http2SecureServer,
    readonly ca: string,
    private readonly otherwiseMs: number,
  ) {
    server.on('session', (session) => {
      this.sessions.add(session);
      session.on('error', () => undefined).on('close', () => this.sessions.delete(session));
    });
    server.on('stream', (stream, headers) => {
      const topic = String(headers['apns-topic']);
      const arrivals = this.of(topic);
      arrivals.count++;
      arrivals.lastAt = performance.now();
      stream.on('error', () => undefined);
      stream.resume();
      const answer = () => {
        if (!stream.destroyed) stream.respond({ ':status': 200 }, { endStream: true });
      };
      const delayMs = this.latencyMs.get(topic) ?? this.otherwiseMs;
      if (delayMs === 0) answer();
      else if (delayMs < Infinity) setTimeout(answer, delayMs);
    });
  }

  static async start(latencyMs = 0): Promise<SlowGateway> {
    const { key, cert, ca } = await createTlsIdentity(new SystemClock());
    const server = createSecureServer({ key, cert, settings: { maxConcurrentStreams: 1_000 } });
    const gateway = new SlowGateway(server, ca, latencyMs);
    server.listen(0, 'localhost');
    await once(server, 'listening');
    return gateway;
  }

  get url(): string {
    return `https://localhost:${(this.server.address() as AddressInfo).port}`;
  }

  /** Tells what came so far from the application with this topic. */
  of(topic: string): Arrivals {
    const arrivals = this.arrivals.get(topic) ?? { count: 0, lastAt: 0 };
    this.arrivals.set(topic, arrivals);
    return arrivals;
  }

  /** Cuts all connections, so that nobody waits for an answer that never comes. */
  stop(): void {
    this.server.close();
    for (const session of this.sessions) session.destroy();
  }
}
