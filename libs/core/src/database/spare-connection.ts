import type { OnApplicationShutdown } from '@nestjs/common';
import { Pool, type PoolConfig } from 'pg';
import { WatchedClient } from './watched-client';

/** How long it may be idle. Probes come every few seconds. */
const idleMs = 60_000;

/**
 * One connection beside those that requests share, for what must be answered while requests have all of them. It is
 * made when it is first used, and again after it was lost. Statements wait for each other.
 */
export class SpareConnection implements OnApplicationShutdown {
  private readonly pool: Pool;

  /** @param applicationName names it in `pg_stat_activity` */
  constructor(databaseUrl: string, applicationName: string) {
    const config: PoolConfig & { Client: typeof WatchedClient } = {
      connectionString: databaseUrl,
      application_name: applicationName,
      max: 1,
      idleTimeoutMillis: idleMs,
      Client: WatchedClient,
    };
    this.pool = new Pool(config);
    // A connection that is lost while nobody uses it; the next statement makes another.
    this.pool.on('error', () => undefined);
  }

  async query<Rows extends object[]>(text: string): Promise<Rows> {
    return (await this.pool.query<Rows[number]>(text)).rows as Rows;
  }

  async onApplicationShutdown(): Promise<void> {
    await this.pool.end();
  }
}
