import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, DatabaseError } from 'pg';
import { platformPackage, prepareBinaries } from './platform-binaries';
import { PostgresCluster, type PostgresSettings, superuser } from './postgres-cluster';
import { unprivilegedAccount } from './run-as';

export interface EmbeddedPostgresOptions {
  /** The cluster goes into its subfolder `postgres`. */
  readonly dataDir: string;
  readonly log?: (line: string) => void;
  /** Over our own, by PostgreSQL's names. Tests trade durability for speed with it. */
  readonly settings?: PostgresSettings;
  /** The folder of the npm package with the binaries. */
  readonly packageRoot?: string;
}

export interface EmbeddedPostgres {
  /** With user, password, port and database. */
  readonly url: string;
  /** Ends the server, in order, for every process that shares it. Harmless when it has ended already. */
  stop(): Promise<void>;
}

const database = 'carillon';

/** For two cores and bulk writes; a commit is on disk when it is answered. */
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
/** A server whose process id is alive but whose port does not answer for so long is not ours: the id was reused. */
const silenceMs = 3_000;
const patienceMs = 300_000;
const retryMs = 100;

/**
 * Starts a real PostgreSQL beside this process, in a session of its own: it outlives us, whatever happens to us,
 * and the next call uses the server that still runs. Calls at the same time, from any processes, share one server.
 * @throws when there are no binaries for this machine, or with PostgreSQL's own words when it does not start.
 */
export async function startEmbeddedPostgres(
  options: EmbeddedPostgresOptions,
): Promise<EmbeddedPostgres> {
  const home = join(resolve(options.dataDir), 'postgres');
  const account = unprivilegedAccount(home);
  const binaries = await prepareBinaries(options.packageRoot ?? platformPackage(), account);
  const cluster = await PostgresCluster.open(home, binaries, account);
  const port = await ensureRunning(cluster, { ...ourSettings, ...options.settings });
  options.log?.(`PostgreSQL serves ${home} on 127.0.0.1:${port}`);
  return {
    url: urlOf(await cluster.password(), port, database),
    stop: () => cluster.stop(),
  };
}

/** @returns the port, once the server answers and has our database. */
async function ensureRunning(
  cluster: PostgresCluster,
  settings: PostgresSettings,
): Promise<number> {
  const password = await cluster.password();
  const begunAt = performance.now();
  let answeredAt = begunAt;
  let starts = 0;
  while (performance.now() - begunAt < patienceMs) {
    const port = await cluster.runningPort();
    if (port === undefined) {
      await startOnFreePort(cluster, settings, ++starts);
      answeredAt = performance.now();
      continue;
    }
    const answer = await ensureDatabase(urlOf(password, port, 'postgres'));
    if (answer === 'ready') return port;
    if (answer === 'busy') answeredAt = performance.now();
    else if (performance.now() - answeredAt > silenceMs) await cluster.forgetStalePid();
    await sleep(retryMs);
  }
  throw new Error(`PostgreSQL was not ready within ${patienceMs / 1000} s.`);
}

async function startOnFreePort(
  cluster: PostgresCluster,
  settings: PostgresSettings,
  attempt: number,
): Promise<void> {
  const port = (await freePort((await cluster.lastPort()) ?? 0)) ?? (await freePort(0));
  if (port === undefined) throw new Error('No port is free on 127.0.0.1.');
  const failure = await cluster.start(port, settings);
  if (failure === undefined) return;
  // Another process may have started the same cluster, or taken the port, a moment before.
  const lostRace =
    (await cluster.runningPort()) !== undefined || (await freePort(port)) === undefined;
  if (!lostRace || attempt >= startAttempts)
    throw new Error(`PostgreSQL does not start:\n${failure}`);
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
 * @returns `silent` when nobody listens, or a server that does not know our password.
 */
async function ensureDatabase(adminUrl: string): Promise<'ready' | 'busy' | 'silent'> {
  const client = new Client({ connectionString: adminUrl, connectionTimeoutMillis: 5_000 });
  // A connection that dies between two statements must not end the process.
  client.on('error', () => undefined);
  try {
    await client.connect();
    const found = await client.query('SELECT FROM pg_database WHERE datname = $1', [database]);
    if (found.rowCount === 0) await client.query(`CREATE DATABASE ${database}`);
    return 'ready';
  } catch (error) {
    if (!(error instanceof DatabaseError)) return 'silent';
    // Class 28: wrong user or password. The rest passes: starting up, shutting down, another process creates it too.
    if (error.code?.startsWith('28') === true) return 'silent';
    if (['57P03', '57P01', '53300', '42P04', '23505', '55006'].includes(error.code ?? ''))
      return 'busy';
    throw error;
  } finally {
    await client.end().catch(() => undefined);
  }
}

function urlOf(password: string, port: number, name: string): string {
  return `postgres://${superuser}:${password}@127.0.0.1:${port}/${name}`;
}
