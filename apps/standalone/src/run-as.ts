import { execFile } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';

/** The account a program runs under, when that is not our own. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

export interface Finished {
  /** The exit code, or the system's error name when the program could not be started, e.g. `EACCES`. */
  readonly code: number | string;
  /** Standard output and standard error, trimmed. */
  readonly output: string;
}

/**
 * Returns the account that root lends to PostgreSQL, which refuses to run as root: the one that owns the data already,
 * else `postgres`, else `nobody`.
 * @returns undefined when we are not root and nothing need change
 */
export function unprivilegedAccount(dataDir: string): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const owner = statSync(dataDir, { throwIfNoEntry: false });
  if (owner !== undefined && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  const accounts = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  for (const wanted of ['postgres', 'nobody']) {
    const [, , uid, gid] = accounts.find(([name]) => name === wanted) ?? [];
    if (uid !== undefined && gid !== undefined) return { uid: Number(uid), gid: Number(gid) };
  }
  return { uid: 65534, gid: 65534 };
}

/**
 * Runs a program to its end, in `cwd`, which the account need not be able to reach. Never throws.
 * The environment stays behind: it holds our secrets, and a locale or a `PG…` variable could mislead PostgreSQL.
 */
export function runAs(
  account: Account | undefined,
  file: string,
  args: readonly string[],
  cwd: string,
): Promise<Finished> {
  return new Promise((resolve) => {
    execFile(file, args, { cwd, env: { LC_ALL: 'C' }, ...account }, (error, stdout, stderr) => {
      const code = error === null ? 0 : (error.code ?? error.signal ?? 1);
      resolve({ code, output: `${stdout}${stderr}`.trim() });
    });
  });
}
