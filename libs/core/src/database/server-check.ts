import { ConfigError } from '../config/config';
import { ReadOnlyServerError } from './reachable';

/** The oldest PostgreSQL that our statements run on, in the form of `server_version_num`. */
const oldest = 15;

interface Server {
  readonly number: number;
  readonly name: string;
  readonly readOnly: boolean;
}

/**
 * Checks that the server that answers is one that we can use.
 * @throws ConfigError when it is too old
 * @throws ReadOnlyServerError
 */
export async function assertServer(
  query: (sql: string) => Promise<readonly unknown[]>,
): Promise<void> {
  const [row] = await query(
    `SELECT current_setting('server_version_num')::int AS number, current_setting('server_version') AS name,
       current_setting('transaction_read_only')::bool AS "readOnly"`,
  );
  const { number, name, readOnly } = row as Server;
  if (number < oldest * 10_000) {
    throw new ConfigError([
      `DATABASE_URL: the database is PostgreSQL ${name}; Carillon wants ${oldest} or newer`,
    ]);
  }
  if (readOnly) throw new ReadOnlyServerError();
}
