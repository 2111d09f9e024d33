import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import type { Deployment } from './deployment';
import type { Plan, Strike } from './plan';
import type { Room } from './room';
import type { Server } from './server';

/** Does to the servers what the plan says, when it says it, and leaves all of them running. */
export class Strikes {
  /** How often what was done, e.g. `kill worker`. */
  readonly done: Record<string, number> = {};
  private readonly underWay = new Map<Server, Promise<void>>();

  constructor(
    private readonly room: Room,
    private readonly deployment: Deployment,
    private readonly plan: Plan,
    private readonly database: string,
  ) {}

  /** @param answers how many requests have been answered so far */
  async perform(answers: () => number): Promise<void> {
    await Promise.all(
      this.plan.strikes.map(async (strike) => {
        while (answers() < strike.afterAnswers) await sleep(20);
        await sleep(strike.afterMs);
        await this.strike(strike);
      }),
    );
  }

  private async strike(strike: Strike): Promise<void> {
    switch (strike.what) {
      case 'gateway':
        this.count(`gateway ${strike.rule.action.type}`);
        // Where the gateways are frozen it takes effect when they are not.
        await this.room.gateways.strike(strike.rule);
        return;
      case 'flush':
        this.count('flush');
        await this.forgetJobs().catch(() => undefined); // nothing is there to forget it just now
        return;
      case 'crash':
        this.count('crash');
        await this.room.postgres.crash(this.database).catch(() => undefined);
        return;
      default: {
        this.count(`${strike.what} ${strike.server.replace(/-\d$/, '')}`);
        const server = this.serverOf(strike.server);
        // One after the other: who is being killed can't be frozen.
        const earlier = this.underWay.get(server);
        const work = async () => {
          await earlier;
          await this.interrupt(server, strike.what, strike.forMs);
        };
        const done = work();
        this.underWay.set(server, done);
        await done;
      }
    }
  }

  private async interrupt(
    server: Server,
    what: 'kill' | 'stop' | 'freeze',
    forMs: number,
  ): Promise<void> {
    if (what === 'freeze') server.freeze();
    else if (what === 'kill') await server.kill();
    else await this.deployment.stop(server);
    await sleep(forMs);
    if (what === 'freeze') server.thaw();
    else server.start();
  }

  private serverOf(name: string): Server {
    const { postgres, redis, gateways } = this.room;
    const servers = [...this.deployment.servers, postgres, redis?.server, gateways.server];
    const found = servers.find((server) => server?.name === name);
    if (found === undefined) throw new Error(`There is no ${name}`);
    return found;
  }

  private async forgetJobs(): Promise<void> {
    if (this.plan.backend === 'postgres' || this.room.redis === undefined) {
      await this.room.postgres.query('TRUNCATE bullmq.job CASCADE', this.database);
      return;
    }
    const redis = new Redis(this.room.redis.url, { lazyConnect: true, retryStrategy: () => null });
    redis.on('error', () => undefined);
    try {
      await redis.connect();
      await redis.flushall();
    } finally {
      redis.disconnect();
    }
  }

  private count(what: string): void {
    this.done[what] = (this.done[what] ?? 0) + 1;
  }
}
