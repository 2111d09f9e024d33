import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Client } from 'pg';
import { startEmbeddedPostgres } from '../../src/embedded-postgres';
import { platformPackage, prepareBinaries } from '../../src/platform-binaries';
import { unprivilegedAccount } from '../../src/run-as';
import { Server } from './server';
import { until } from './until';

/**
 * A commit is in the operating system's hands when it is answered, which outlives every process; that it is on the disk
 * as well would only matter when the machine loses its power.
 */
const settings = { fsync: 'off', synchronous_commit: 'on', full_page_writes: 'on' };

/** The built-in PostgreSQL as a process of ours, so that it can be killed with all that it has started. */
export class PostgresServer extends Server {
  /** @param folder for its data */
  static async create(folder: string, log: string): Promise<PostgresServer> {
    mkdirSync(folder);
    const made = await startEmbeddedPostgres({
      dataDir: folder,
      settings: { ...settings, logging_collector: 'off' },
    });
    await made.stop();
    const home = join(folder, 'postgres');
    const account = unprivilegedAccount(home);
    const { pgCtl } = await prepareBinaries(platformPackage(), account);
    return new PostgresServer(made.url, {
      name: 'postgres',
      file: join(dirname(pgCtl), 'postgres'),
      args: ['-D', join(home, 'cluster'), '-p', new URL(made.url).port],
      env: { LC_ALL: 'C' },
      cwd: home,
      uid: account?.uid,
      gid: account?.gid,
      log,
    });
  }

  private constructor(
    /** The URL of the database that it came with. */
    private readonly url: string,
    program: ConstructorParameters<typeof Server>[0],
  ) {
    super(program);
  }

  urlOf(database: string): string {
    return Object.assign(new URL(this.url), { pathname: `/${database}` }).href;
  }

  /** Waits until the server answers. */
  async answers(): Promise<void> {
    const answered = await until(
      () =>
        this.query('SELECT 1').then(
          () => true,
          () => undefined,
        ),
      120_000,
    );
    if (answered === undefined) throw new Error(`PostgreSQL does not answer: ${this.lastWords()}`);
  }

  /** Runs a statement on a connection of its own. */
  async query<Row>(sql: string, database = 'postgres', parameters?: unknown[]): Promise<Row[]> {
    const client = new Client({ connectionString: this.urlOf(database), query_timeout: 60_000 });
    client.on('error', () => undefined);
    try {
      await client.connect();
      return (await client.query<Row & object>(sql, parameters)).rows;
    } finally {
      await client.end().catch(() => undefined);
    }
  }

  /** Kills the process of one of the server's connections. */
  async crash(database: string): Promise<void> {
    const [victim] = await this.query<{ pid: number }>(
      `SELECT pid FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid() ORDER BY random() LIMIT 1`,
      'postgres',
      [database],
    );
    if (victim !== undefined) process.kill(victim.pid, 'SIGKILL');
  }

  protected override processes(): number[] {
    const [postmaster] = super.processes();
    if (postmaster === undefined) return [];
    process.kill(postmaster, 'SIGSTOP'); // so that it starts no others meanwhile
    const { stdout } = spawnSync('pgrep', ['-P', String(postmaster)], { encoding: 'utf8' });
    return [...stdout.split('\n').filter(Boolean).map(Number), postmaster];
  }
}
