import { ConfigError } from './config';

/** What PostgreSQL and the network say of a URL that leads nowhere: refused, unknown host, password, database. */
const wrongUrl = new Set(['ECONNREFUSED', 'ENOTFOUND', 'ETIMEDOUT', '28P01', '28000', '3D000']);

/** Turns a failed first connection into a sentence for the operator. @throws ConfigError */
export async function reachable<Connection>(connecting: Promise<Connection>): Promise<Connection> {
  try {
    return await connecting;
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    if (code === undefined || !wrongUrl.has(code)) throw error;
    throw new ConfigError([`DATABASE_URL: the database can't be used: ${message || code}`]);
  }
}
