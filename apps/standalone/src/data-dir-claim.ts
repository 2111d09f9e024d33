import type { Client } from 'pg';
import { EmbeddedPostgresError } from './embedded-postgres.error';
import { sessionOf } from './postgres-session';

/** Two fixed numbers, which no other lock of ours has: they spell CARI and DATA. */
const lock = [0x43415249, 0x44415441] as const;

/** The length at which PostgreSQL cuts application names. */
const longestName = 63;

/** Another process has the data folder, and keeps it. */
export class DataDirInUseError extends EmbeddedPostgresError {
  constructor(dataDir: string, holder: string) {
    super(`${dataDir} is in use by ${holder}; end that one, or take another folder`);
  }
}

/**
 * Makes this process the owner of a data folder's PostgreSQL. The owner is whoever's session holds an advisory lock in
 * it: the lock ends with its process, however that ends and whoever it ran as, so that none is ever left behind.
 * @param holder names us to others, e.g. `npm start`
 * @param lost is called when the session ends: the server was stopped, or died
 * @throws DataDirInUseError that names the owner, or the network's error when the server goes away meanwhile
 */
export async function claimDataDir(
  url: string,
  dataDir: string,
  holder: string,
  lost: () => void,
): Promise<void> {
  const us = ` (process ${process.pid})`;
  const session = sessionOf(url, holder.slice(0, longestName - us.length) + us);
  try {
    await session.connect();
    const { rows } = await session.query<{ taken: boolean }>(
      'SELECT pg_try_advisory_lock($1, $2) AS taken',
      [...lock],
    );
    if (rows[0]?.taken !== true) throw new DataDirInUseError(dataDir, await holderOf(session));
  } catch (error) {
    await session.end().catch(() => undefined);
    throw error;
  }
  session.once('end', lost);
}

/** @throws DataDirInUseError that names the owner, where there is one */
export async function assertUnclaimed(url: string, dataDir: string): Promise<void> {
  const session = sessionOf(url);
  try {
    await session.connect();
    const holder = await findHolder(session);
    if (holder !== undefined) throw new DataDirInUseError(dataDir, holder);
  } catch (error) {
    if (error instanceof DataDirInUseError) throw error;
    // A server that does not answer now is nobody's, or its start will say what is wrong.
  } finally {
    await session.end().catch(() => undefined);
  }
}

const holderOf = async (session: Client) =>
  (await findHolder(session)) ?? 'a process that is ending just now';

async function findHolder(session: Client): Promise<string | undefined> {
  const { rows } = await session.query<{ name: string; since: Date }>(
    `SELECT a.application_name AS name, a.backend_start AS since
     FROM pg_locks l JOIN pg_stat_activity a USING (pid)
     WHERE l.locktype = 'advisory' AND l.classid = $1 AND l.objid = $2 AND l.objsubid = 2 AND l.granted
       AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
    [...lock],
  );
  const [holder] = rows;
  return holder && `${holder.name} since ${holder.since.toISOString()}`;
}
