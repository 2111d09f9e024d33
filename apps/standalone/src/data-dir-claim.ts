import { Client } from 'pg';

/** Two fixed numbers, which no other lock of ours has: they spell CARI and DATA. */
const lock = [0x43415249, 0x44415441] as const;

/** PostgreSQL cuts application names here. */
const longestName = 63;

/** Nobody may be asked: the server ends, or has just ended. */
const passing = new Set(['57P01', '57P02', '57P03']);

/** Another process has the folder, and keeps it. */
export class DataDirInUseError extends Error {
  constructor(dataDir: string, holder: string) {
    super(`${dataDir} is in use by ${holder}; end that one, or take another folder`);
  }
}

/**
 * Who of several processes owns a data folder's PostgreSQL: the one whose session holds an advisory lock in it. The lock
 * ends with its process, however that ends and whoever it ran as, so that none is ever left behind.
 */
export class DataDirClaim {
  private released = false;

  private constructor(
    private readonly session: Client,
    lost: () => void,
  ) {
    session.once('end', () => {
      if (!this.released) lost();
    });
  }

  /**
   * @param holder what others are told of us, e.g. `npm start`
   * @param lost is called when the session ends although nobody released it: the server died
   * @throws DataDirInUseError that names who has it, or the network's error when the server goes away meanwhile
   */
  static async take(
    url: string,
    dataDir: string,
    holder: string,
    lost: () => void,
  ): Promise<DataDirClaim> {
    const us = ` (process ${process.pid})`;
    const session = new Client({
      connectionString: url,
      application_name: holder.slice(0, longestName - us.length) + us,
    });
    session.on('error', () => undefined); // `end` follows
    try {
      await session.connect();
      const { rows } = await session.query<{ taken: boolean }>(
        'SELECT pg_try_advisory_lock($1, $2) AS taken',
        [...lock],
      );
      if (rows[0]?.taken === true) return new DataDirClaim(session, lost);
      throw new DataDirInUseError(dataDir, await holderOf(session));
    } catch (error) {
      await session.end().catch(() => undefined);
      throw error;
    }
  }

  /** Before the server is stopped. */
  release(): void {
    this.released = true;
  }

  /** Leaves the server to others. */
  async end(): Promise<void> {
    this.release();
    await this.session.end().catch(() => undefined);
  }
}

/** Whether a claim failed because the server was about to end, and is worth another try. */
export function isPassing(error: unknown): boolean {
  const { code } = error as { code?: string };
  return (
    !(error instanceof DataDirInUseError) &&
    (code === undefined || passing.has(code) || code.startsWith('E'))
  );
}

/** @throws DataDirInUseError that names who has it, where somebody has */
export async function assertUnclaimed(url: string, dataDir: string): Promise<void> {
  const session = new Client({ connectionString: url });
  session.on('error', () => undefined);
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
