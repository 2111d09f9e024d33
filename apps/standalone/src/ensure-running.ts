import { type AddressInfo, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { DatabaseError } from 'pg';
import { EmbeddedPostgresError } from './embedded-postgres.error';
import { type PostgresCluster, type PostgresSettings, superuser } from './postgres-cluster';
import { isAway, sessionOf } from './postgres-session';

const database = 'carillon';

/** Settings for two cores and bulk writes; a commit is on disk when it is answered. */
const ourSettings: PostgresSettings = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: 100,
  shared_buffers: '128MB',
  synchronous_commit: 'on',
  wal_compression: 'on',
  max_wal_size: '2GB',
  checkpoint_timeout: '15min',
  jit: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
  // One file per weekday, begun afresh a week later.
  logging_collector: 'on',
  log_directory: '../log',
  log_filename: 'postgres-%a.log',
  log_rotation_age: '1d',
  log_rotation_size: 0,
  log_truncate_on_rotation: 'on',
};

const startAttempts = 10;
/** How long a port may be silent. After that the process id, though alive, is not our server's: it was reused. */
const silenceMs = 3_000;
const patienceMs = 300_000;
const retryMs = 100;

/** PostgreSQL's class of errors about a user or password. */
const wrongLogin = '28';

/** PostgreSQL's errors when two create a database at once, or one from a template that is in use. */
const createdElsewhere = new Set(['42P04', '23505', '55006']);

/**
 * Starts the server where it does not run. Any number of processes may do this at once.
 * @param settings replace ours
 * @param wantedPort the only port that will do, instead of the last one or, where that is taken, any other
 * @returns the port, once the server answers and has our database; a server that runs already keeps its own
 * @throws EmbeddedPostgresError
 */
export async function ensureRunning(
  cluster: PostgresCluster,
  settings: PostgresSettings,
  wantedPort?: number,
): Promise<number> {
  const password = await cluster.password();
  const begunAt = performance.now();
  let answeredAt = begunAt;
  let starts = 0;
  while (performance.now() - begunAt < patienceMs) {
    const port = await cluster.runningPort();
    if (port === undefined) {
      await start(cluster, { ...ourSettings, ...settings }, ++starts, wantedPort);
      answeredAt = performance.now();
      continue;
    }
    const answer = await ensureDatabase(urlOf(password, port, 'postgres'));
    if (answer === 'ready') return port;
    if (answer === 'busy') answeredAt = performance.now();
    else if (performance.now() - answeredAt > silenceMs) await cluster.forgetStalePid();
    await sleep(retryMs);
  }
  throw new EmbeddedPostgresError(`PostgreSQL was not ready within ${patienceMs / 1000} s.`);
}

async function start(
  cluster: PostgresCluster,
  settings: PostgresSettings,
  attempt: number,
  wantedPort: number | undefined,
): Promise<void> {
  const port =
    wantedPort ?? (await freePort((await cluster.lastPort()) ?? 0)) ?? (await freePort(0));
  if (port === undefined) throw new EmbeddedPostgresError('No port is free on 127.0.0.1.');
  if (wantedPort !== undefined && (await freePort(wantedPort)) === undefined) {
    throw new EmbeddedPostgresError(`Another program has its port ${wantedPort}.`);
  }
  const failure = await cluster.start(port, settings);
  if (failure === undefined) return;
  // Another process may have started the same cluster, or taken the port, a moment before.
  const lostRace =
    (await cluster.runningPort()) !== undefined || (await freePort(port)) === undefined;
  if (!lostRace || attempt >= startAttempts)
    throw new EmbeddedPostgresError(`PostgreSQL does not start:\n${failure}`);
}

/** @returns the port itself (any, for 0) when it is free on 127.0.0.1. */
function freePort(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => {
      resolve(undefined);
    });
    probe.listen(port, '127.0.0.1', () => {
      const { port: free } = probe.address() as AddressInfo;
      probe.close(() => {
        resolve(free);
      });
    });
  });
}

/**
 * Creates our database where it is missing.
 * @returns `silent` when nobody listens, or a server that does not know our password
 */
async function ensureDatabase(adminUrl: string): Promise<'ready' | 'busy' | 'silent'> {
  const client = sessionOf(adminUrl);
  try {
    await client.connect();
    const found = await client.query('SELECT FROM pg_database WHERE datname = $1', [database]);
    if (found.rowCount === 0) await client.query(`CREATE DATABASE ${database}`);
    return 'ready';
  } catch (error) {
    if (!(error instanceof DatabaseError)) return 'silent';
    if (error.code?.startsWith(wrongLogin) === true) return 'silent';
    if (isAway(error) || createdElsewhere.has(error.code ?? '')) return 'busy';
    throw error;
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Returns the URL of our database, or of another one of the cluster. */
export function urlOf(password: string, port: number, name = database): string {
  return `postgres://${superuser}:${password}@127.0.0.1:${port}/${name}`;
}
