import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import {
  appendFile,
  chown,
  mkdir,
  mkdtemp,
  readFile,
  readdir,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { EmbeddedPostgresError } from './embedded-postgres.error';
import type { PostgresBinaries } from './platform-binaries';
import { type Account, runAs } from './run-as';

export type PostgresSettings = Readonly<Record<string, string | number>>;

export const superuser = 'carillon';

const initdbFlags = [
  `--username=${superuser}`,
  '--pwfile=../password',
  '--auth=scram-sha-256',
  '--encoding=UTF8',
  '--locale-provider=builtin',
  '--builtin-locale=C.UTF-8',
  '--locale=C',
  '--no-instructions',
];

/** How long a start may take, for crash recovery on a slow disk, or a stop, for its checkpoint. */
const patienceSeconds = 300;

/**
 * One PostgreSQL data directory and the tools that serve it:
 * `<home>/cluster` (the data), `password`, `port` (the last one used), `start.log`, `log/` (the server's own, one file per weekday).
 */
export class PostgresCluster {
  private constructor(
    private readonly home: string,
    private readonly binaries: PostgresBinaries,
    private readonly account: Account | undefined,
    private readonly dataArgument: string,
  ) {}

  /** Opens the cluster in `home`, creating it on first use. Any number of processes may do so at once. */
  static async open(
    home: string,
    binaries: PostgresBinaries,
    account: Account | undefined,
  ): Promise<PostgresCluster> {
    if (!existsSync(home)) await create(home, binaries, account);
    const { uid } = await stat(home);
    const self = account?.uid ?? process.getuid?.();
    if (self !== undefined && uid !== self)
      throw new EmbeddedPostgresError(
        `${home} belongs to user id ${uid}; we run as user id ${self}.`,
      );
    const dataArgument = await dataArgumentFor(join(home, 'cluster'), account);
    return new PostgresCluster(home, binaries, account, dataArgument);
  }

  async password(): Promise<string> {
    return (await readFile(join(this.home, 'password'), 'utf8')).trim();
  }

  /** Returns the port of the last successful start. */
  async lastPort(): Promise<number | undefined> {
    const text = await readFile(join(this.home, 'port'), 'utf8').catch(() => '');
    return text === '' ? undefined : Number(text);
  }

  /** Returns the port of the running server; undefined when none runs, as far as process ids tell. */
  async runningPort(): Promise<number | undefined> {
    const { code } = await this.pgCtl('status');
    if (code !== 0) return undefined;
    const pidFile = await readFile(this.path('postmaster.pid'), 'utf8').catch(() => '');
    const port = Number(pidFile.split('\n')[3]);
    return Number.isInteger(port) && port > 0 ? port : undefined;
  }

  /** @returns undefined once the server accepts connections, else its words */
  async start(port: number, settings: PostgresSettings): Promise<string | undefined> {
    const lines = Object.entries(settings).map(
      ([name, value]) => `${name} = '${String(value).replaceAll("'", "''")}'\n`,
    );
    await this.write('cluster/carillon.conf', lines.join(''));
    await rm(join(this.home, 'start.log'), { force: true });
    const { code, output } = await this.pgCtl('start', '-l', '../start.log', '-o', `-p ${port}`);
    if (code !== 0) return (await this.lastWords()) ?? output.trim();
    await this.write('port', String(port));
    return undefined;
  }

  async stop(): Promise<void> {
    const { code, output } = await this.pgCtl('stop', '-m', 'fast');
    if (code !== 0 && (await this.runningPort()) !== undefined)
      throw new EmbeddedPostgresError(`PostgreSQL does not stop: ${output}`);
  }

  /** Removes `postmaster.pid`, which a power cut leaves behind; its process id may since have gone to another program. */
  async forgetStalePid(): Promise<void> {
    await rm(this.path('postmaster.pid'), { force: true });
  }

  private path(name: string): string {
    return join(this.home, 'cluster', name);
  }

  private pgCtl(action: string, ...args: string[]) {
    const wait = ['-w', '-t', String(patienceSeconds)];
    const all = [action, '-D', this.dataArgument, ...(action === 'status' ? [] : wait), ...args];
    return runAs(this.account, this.binaries.pgCtl, all, join(this.home, 'cluster'));
  }

  /** Replaces a file in one step: another process may be reading it. */
  private async write(name: string, text: string): Promise<void> {
    const draft = join(this.home, `${name}.${randomBytes(4).toString('hex')}`);
    await writeFile(draft, text, { mode: 0o600 });
    if (this.account !== undefined) await chown(draft, this.account.uid, this.account.gid);
    await rename(draft, join(this.home, name));
  }

  /** @returns undefined where pg_ctl did not get as far as the server, or another process has begun to start it since */
  private async lastWords(): Promise<string | undefined> {
    const startLog = join(this.home, 'start.log');
    const files = await readdir(join(this.home, 'log')).catch(() => []);
    const logs = [startLog, ...files.map((file) => join(this.home, 'log', file))];
    try {
      const aged = await Promise.all(
        logs.map(async (log) => ({ log, modifiedMs: (await stat(log)).mtimeMs })),
      );
      const newest = aged.sort((a, b) => b.modifiedMs - a.modifiedMs)[0]?.log ?? startLog;
      return (await readFile(newest, 'utf8')).trim().split('\n').slice(-8).join('\n');
    } catch {
      return undefined;
    }
  }
}

/**
 * Builds the cluster in a sibling folder and renames it, so that `home` is complete or absent whatever is killed when.
 * Of several processes the first rename wins, and the others use its cluster.
 */
async function create(
  home: string,
  binaries: PostgresBinaries,
  account: Account | undefined,
): Promise<void> {
  await mkdir(dirname(home), { recursive: true });
  const draft = await mkdtemp(`${home}.new-`);
  const cluster = join(draft, 'cluster');
  const password = join(draft, 'password');
  try {
    await mkdir(cluster, { mode: 0o700 });
    await writeFile(password, randomBytes(24).toString('base64url'), { mode: 0o600 });
    if (account !== undefined)
      for (const path of [draft, cluster, password]) await chown(path, account.uid, account.gid);
    const data = await dataArgumentFor(cluster, account);
    const args = ['-D', data, ...initdbFlags];
    const { code, output } = await runAs(account, binaries.initdb, args, cluster);
    if (code !== 0)
      throw new EmbeddedPostgresError(`initdb in ${cluster} ended with ${code}: ${output}`);
    await appendFile(join(cluster, 'postgresql.conf'), "\ninclude 'carillon.conf'\n");
    await rename(draft, home);
  } catch (error) {
    if (!existsSync(home)) {
      await rm(draft, { recursive: true, force: true });
      throw error;
    }
  }
  const leftovers = (await readdir(dirname(home))).filter((name) =>
    name.startsWith(`${basename(home)}.new-`),
  );
  for (const name of leftovers)
    await rm(join(dirname(home), name), { recursive: true, force: true, maxRetries: 3 });
}

/**
 * Names the cluster to PostgreSQL, which runs with it as its working directory. An account that may not enter a folder
 * above (root's home, commonly) can't use the path, but it can use the directory that it was put in.
 */
async function dataArgumentFor(cluster: string, account: Account | undefined): Promise<string> {
  if (account === undefined) return cluster;
  const { code } = await runAs(account, '/bin/sh', ['-c', 'cd "$0"', cluster], '/');
  if (code === 0) return cluster;
  const workingDirectory = '/proc/self/cwd';
  if (existsSync(workingDirectory)) return workingDirectory;
  throw new EmbeddedPostgresError(
    `PostgreSQL, as user id ${account.uid}, cannot reach ${cluster}. Set DATA_DIR to a folder that every user may enter.`,
  );
}
