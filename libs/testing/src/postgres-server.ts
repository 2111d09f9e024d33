import { randomBytes } from 'node:crypto';
import { chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PostgresSettings } from '../../../apps/standalone/src/postgres-cluster';
import { runAs, unprivilegedAccount } from '../../../apps/standalone/src/run-as';
import { freePort } from './free-port';

export interface PostgresServer {
  /** The URL of its superuser and the database `postgres`. */
  readonly url: string;
  /** Ends the server; its data go with it. */
  stop(): Promise<void>;
}

/**
 * Starts a PostgreSQL that is installed on this machine, whatever its version, on new data of its own.
 * @param bin the folder of `initdb` and `pg_ctl`, such as Debian's `/usr/lib/postgresql/15/bin`
 */
export async function startPostgres(
  bin: string,
  settings: PostgresSettings = {},
): Promise<PostgresServer> {
  const folder = await mkdtemp(join(tmpdir(), 'carillon-postgres-'));
  const account = unprivilegedAccount(folder);
  if (account !== undefined) await chown(folder, account.uid, account.gid);
  const data = join(folder, 'data');
  const run = async (tool: string, ...args: string[]): Promise<void> => {
    const { code, output } = await runAs(account, join(bin, tool), args, folder);
    if (code !== 0) throw new Error(`${tool} ended with ${code}: ${output}`);
  };

  const password = randomBytes(12).toString('hex');
  await writeFile(join(folder, 'password'), password, { mode: 0o644 });
  await run(
    'initdb',
    ...['-D', data, '-U', 'carillon', '--pwfile=password', '--auth=scram-sha-256'],
    ...['--encoding=UTF8', '--locale=C', '--no-sync'],
  );
  const port = await freePort();
  const all: PostgresSettings = {
    port,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    ...settings,
  };
  const options = Object.entries(all).map(([name, value]) => `-c ${name}='${value}'`);
  const log = join(folder, 'log');
  await run('pg_ctl', 'start', '-w', '-D', data, '-l', log, '-o', options.join(' '));
  return {
    url: `postgres://carillon:${password}@127.0.0.1:${port}/postgres`,
    stop: async () => {
      await run('pg_ctl', 'stop', '-w', '-D', data, '-m', 'immediate');
      await rm(folder, { recursive: true, force: true });
    },
  };
}
