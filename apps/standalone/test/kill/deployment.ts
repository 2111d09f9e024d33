import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '@app/testing/free-port';
import type { Plan } from './plan';
import { programOf } from './programs';
import type { Room } from './room';
import { Server } from './server';
import { until } from './until';

/** How long a process may take to end. On a busy machine it needs a while to look up from its work. */
const stopWithinMs = 60_000;
const startWithinMs = 180_000;

/** The processes under test, as operators run them: some APIs and workers, apart. */
export class Deployment {
  /** @param folder for their logs */
  static async start(
    room: Room,
    plan: Plan,
    database: string,
    folder: string,
  ): Promise<Deployment> {
    mkdirSync(folder, { recursive: true });
    const ports = await Promise.all(Array.from({ length: plan.apis }, () => freePort()));
    const urls = ports.map((port) => `http://127.0.0.1:${port}`);
    const environment = {
      ...room.environment(database),
      PUBLIC_URL: urls[0],
      POWERAUTH_SEND_WAIT_MS: '300',
      ...(plan.backend === 'redis' && { REDIS_URL: room.redis?.url }),
    };
    const log = (name: string) => join(folder, `${name}.log`);
    const apis = ports.map((port, n) => {
      const name = `api-${n + 1}`;
      return new Server(programOf('api', name, log(name), { ...environment, PORT: String(port) }));
    });
    const workers = plan.clocks.map((minutes, n) => {
      const name = `worker-${n + 1}`;
      return new Server(programOf('worker', name, log(name), environment, minutes));
    });
    const deployment = new Deployment(urls, [...apis, ...workers]);
    for (const server of deployment.servers) server.start();
    for (const url of urls) await deployment.isReady(url);
    return deployment;
  }

  /** How long each process took to end when it was asked to, in milliseconds; `stopFaults` has those that did not. */
  readonly stopMs: number[] = [];
  readonly stopFaults: string[] = [];

  private constructor(
    /** The origins of the APIs. */
    readonly urls: readonly string[],
    readonly servers: readonly Server[],
  ) {}

  async stop(server: Server): Promise<void> {
    const ms = await server.stop(stopWithinMs);
    if (ms === undefined) {
      this.stopFaults.push(
        `${server.name} did not end in order within ${stopWithinMs / 1000} s of SIGTERM: ${server.lastWords()}`,
      );
    } else this.stopMs.push(Math.round(ms));
  }

  async stopAll(): Promise<void> {
    await Promise.all(this.servers.map((server) => this.stop(server)));
  }

  async killAll(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.kill()));
  }

  private async isReady(url: string): Promise<void> {
    const ready = await until(
      () =>
        fetch(`${url}/readyz`).then(
          ({ ok }) => (ok ? true : undefined),
          () => undefined,
        ),
      startWithinMs,
    );
    if (ready === undefined) {
      throw new Error(`${url} is not ready: ${this.servers[0]?.lastWords() ?? ''}`);
    }
  }
}
