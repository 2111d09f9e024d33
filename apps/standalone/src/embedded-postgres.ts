import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { assertUnclaimed, claimDataDir, DataDirInUseError } from './data-dir-claim';
import { EmbeddedPostgresError } from './embedded-postgres.error';
import { ensureRunning, urlOf } from './ensure-running';
import { platformPackage, prepareBinaries } from './platform-binaries';
import { PostgresCluster, type PostgresSettings } from './postgres-cluster';
import { isAway } from './postgres-session';
import { unprivilegedAccount } from './run-as';

export interface EmbeddedPostgresOptions {
  /** The folder whose subfolder `postgres` holds the cluster. */
  readonly dataDir: string;
  /** The name that others who want the same folder see for us, e.g. `npm start`. */
  readonly holder?: string;
  readonly log?: (line: string) => void;
  /** Called when the server has died and could not be started again: its users should end. */
  readonly onFailure?: (error: Error) => void;
  /** Replaces the default of two minutes. */
  readonly restartPatienceMs?: number;
  /** Settings by PostgreSQL's names that replace ours. Tests trade durability for speed with them. */
  readonly settings?: PostgresSettings;
  /** The folder of the npm package with the binaries. */
  readonly packageRoot?: string;
}

export interface EmbeddedPostgres {
  /** The URL with user, password, port and database. */
  readonly url: string;
  /** Ends the server, in order. Harmless when it has ended already. */
  stop(): Promise<void>;
}

const patienceMs = 300_000;
const retryMs = 100;

/** How long a server that died is started again. A try that has begun may take longer, with its recovery. */
const defaultRestartPatienceMs = 120_000;
const restartRetryMs = 500;

/**
 * Starts a real PostgreSQL beside this process, in a session of its own: it outlives us, whatever happens to us, and the
 * next call takes over the server that still runs. While we live it is ours alone, and is started again when it dies.
 * @throws DataDirInUseError when another process has it; EmbeddedPostgresError with the reason when there are no binaries
 * for this machine, or with PostgreSQL's own words when it does not start.
 */
export async function startEmbeddedPostgres(
  options: EmbeddedPostgresOptions,
): Promise<EmbeddedPostgres> {
  return OwnPostgres.start(await openCluster(options), options);
}

/** @returns the URL of the server that runs in this folder already, whoever started it */
export async function runningEmbeddedPostgres(dataDir: string): Promise<string | undefined> {
  const cluster = await openCluster({ dataDir });
  const port = await cluster.runningPort();
  return port === undefined ? undefined : urlOf(await cluster.password(), port);
}

/** Checks the folder before anything is started or made. @throws DataDirInUseError when another process has its server */
export async function assertFree(dataDir: string): Promise<void> {
  if (!existsSync(join(resolve(dataDir), 'postgres'))) return;
  const url = await runningEmbeddedPostgres(dataDir);
  if (url !== undefined) await assertUnclaimed(url, resolve(dataDir));
}

async function openCluster(options: EmbeddedPostgresOptions): Promise<PostgresCluster> {
  const home = join(resolve(options.dataDir), 'postgres');
  const account = unprivilegedAccount(home);
  const binaries = await prepareBinaries(options.packageRoot ?? platformPackage(), account);
  return PostgresCluster.open(home, binaries, account);
}

/** The server of a cluster, for as long as this process has its claim. */
class OwnPostgres implements EmbeddedPostgres {
  private owned = false;
  private stopping = false;
  private restarting: Promise<void> = Promise.resolve();

  private constructor(
    private readonly cluster: PostgresCluster,
    private readonly options: EmbeddedPostgresOptions,
    private readonly port: number,
    readonly url: string,
  ) {}

  static async start(
    cluster: PostgresCluster,
    options: EmbeddedPostgresOptions,
  ): Promise<OwnPostgres> {
    const begunAt = performance.now();
    for (;;) {
      const port = await ensureRunning(cluster, options.settings ?? {});
      const url = urlOf(await cluster.password(), port);
      const server = new OwnPostgres(cluster, options, port, url);
      try {
        await server.own();
        return server;
      } catch (error) {
        // Its owner was stopping it just then: now it is our turn.
        if (!isAway(error) || performance.now() - begunAt > patienceMs) throw error;
        await sleep(retryMs);
      }
    }
  }

  async stop(): Promise<void> {
    if (this.stopping) return;
    this.stopping = true;
    await this.restarting;
    if (!this.owned) return;
    await this.cluster.stop();
  }

  private async own(): Promise<void> {
    const { dataDir, holder = 'another program' } = this.options;
    await claimDataDir(this.url, resolve(dataDir), holder, () => {
      this.owned = false;
      if (!this.stopping) this.restarting = this.restart();
    });
    this.owned = true;
  }

  private async restart(): Promise<void> {
    const { log, onFailure, dataDir, restartPatienceMs = defaultRestartPatienceMs } = this.options;
    log?.(`PostgreSQL in ${dataDir} has died; starting it again`);
    const begunAt = performance.now();
    while (!this.stopping) {
      try {
        const port = await ensureRunning(this.cluster, this.options.settings ?? {}, this.port);
        // All our connections lead to the one that it had. Whoever started it elsewhere may end it again.
        if (port !== this.port) throw new EmbeddedPostgresError(`It runs on port ${port} now.`);
        await this.own();
        log?.('PostgreSQL is back');
        return;
      } catch (error) {
        if (error instanceof DataDirInUseError || performance.now() - begunAt > restartPatienceMs) {
          const { message } = error as Error;
          onFailure?.(new Error(`PostgreSQL has died and is not to be had again: ${message}`));
          return;
        }
        // Processes that it left behind may still have its memory.
        await sleep(restartRetryMs);
      }
    }
  }
}
