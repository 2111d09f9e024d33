import { type Config, ConfigError, type Gateway, gateways, isLoopback } from '@app/core';
import type { DataSource } from 'typeorm';
import type { Destination } from './installation.entity';

/** The name of workers' connections in `pg_stat_activity`. */
export const workerConnections = 'carillon worker';

const destinations: Readonly<Record<Destination, string>> = {
  real: 'Apple and Google',
  simulated: 'the simulator',
};

/**
 * Tells where a worker of this configuration leads messages. A gateway on this machine is taken for the simulator,
 * unless GATEWAYS says that it is a proxy.
 * @throws ConfigError when GATEWAYS promises a simulator that no URL leads to
 */
export function destinationOf(config: Config): Destination {
  const urlOf = (gateway: Gateway) => config[`${gateway}Url`];
  if (config.gateways === 'simulated') {
    const missing = gateways.filter((gateway) => urlOf(gateway) === undefined);
    if (missing.length > 0) {
      throw new ConfigError(
        missing.map((name) => `${name.toUpperCase()}_URL: is required where GATEWAYS is simulated`),
      );
    }
  }
  if (config.gateways !== undefined) return config.gateways;
  const isNear = (url: string | undefined) => url !== undefined && isLoopback(url);
  return gateways.some((gateway) => isNear(urlOf(gateway))) ? 'simulated' : 'real';
}

/**
 * Holds all workers to one destination. The first one says where the messages of its database go, and no other may lead
 * them elsewhere: a stand-in would swallow what is meant for people, or they would get what is meant for a test.
 * @throws ConfigError when the database's workers lead to the other kind
 */
export async function claimGateways(dataSource: DataSource, kind: Destination): Promise<void> {
  await dataSource.query(
    'INSERT INTO installation (gateways) VALUES ($1) ON CONFLICT (id) DO NOTHING',
    [kind],
  );
  const [kept] = await dataSource.query<{ gateways: Destination; since: Date }[]>(
    'SELECT gateways, gateways_since AS since FROM installation',
  );
  if (kept === undefined || kept.gateways === kind) return;
  throw new ConfigError([
    `GATEWAYS: the workers of this database lead to ${destinations[kept.gateways]} since ${kept.since.toISOString()}, ` +
      `this one would lead to ${destinations[kind]}. Take another DATABASE_URL; or stop all workers and run: ` +
      `npm run carillon -- gateways ${kind}`,
  ]);
}

/**
 * Makes workers lead to the other gateways from now on.
 * @returns how many workers are connected, which keep it from being done
 */
export async function turnOverGateways(dataSource: DataSource, kind: Destination): Promise<number> {
  const [{ count }] = await dataSource.query<[{ count: number }]>(
    `SELECT count(*)::int AS count FROM pg_stat_activity
     WHERE application_name = $1 AND datname = current_database()`,
    [workerConnections],
  );
  if (count > 0) return count;
  await dataSource.query(
    `INSERT INTO installation (gateways) VALUES ($1)
     ON CONFLICT (id) DO UPDATE SET gateways = excluded.gateways, gateways_since = now()`,
    [kind],
  );
  return 0;
}
