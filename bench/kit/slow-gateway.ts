import { once } from 'node:events';
import { createSecureServer, type Http2SecureServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { SystemClock } from '@app/core';
import { createTlsIdentity } from '../../apps/simulator/src';

/** A gateway in this process that accepts everything, as late as it is told to for the application that sends. */
export class SlowGateway {
  /** The requests so far. */
  arrived = 0;
  /** When the last request arrived, on the scale of `performance.now()`. */
  lastAt = 0;
  /** How long an application waits for an answer, by its APNs topic; for ever where it is infinite. */
  readonly latencyMs = new Map<string, number>();

  private constructor(
    private readonly server: Http2SecureServer,
    readonly ca: string,
    private readonly otherwiseMs: number,
  ) {
    server.on('session', (session) => session.on('error', () => undefined));
    server.on('stream', (stream, headers) => {
      this.arrived++;
      this.lastAt = performance.now();
      stream.on('error', () => undefined);
      stream.resume();
      const answer = () => {
        if (!stream.destroyed) stream.respond({ ':status': 200 }, { endStream: true });
      };
      const delayMs = this.latencyMs.get(String(headers['apns-topic'])) ?? this.otherwiseMs;
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
}
