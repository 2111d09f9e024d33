import { WatchedClient } from '@app/core';
import { type Client, DatabaseError, escapeIdentifier } from 'pg';
import { ImportError } from './import.error';
import {
  type PowerAuthTable,
  type Statements,
  statementsFor,
  type TableColumns,
} from './statements';

export interface PowerAuthSource {
  /** The URL of the PowerAuth Push Server's PostgreSQL. */
  readonly databaseUrl: string;
  /** The schema of its tables; the connection's own when absent. */
  readonly schema: string | undefined;
  /** The time zone of the Java process that wrote the timestamps, which have none. */
  readonly timeZone: string;
}

/** The rows that one fetch brings, and one statement writes. */
const batchSize = 1_000;

/** Reads a PowerAuth Push Server's database as it is at one moment; nothing is ever written to it. */
export class PowerAuthDatabase {
  private constructor(
    private readonly client: Client,
    readonly statements: Statements,
  ) {}

  /** @throws ImportError when the database can't be reached, or lacks a table or column */
  static async open({
    databaseUrl,
    schema,
    timeZone,
  }: PowerAuthSource): Promise<PowerAuthDatabase> {
    const client = await connect(databaseUrl);
    try {
      await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
      await setTimeZone(client, timeZone);
      const [name, columns] = await columnsOf(client, schema);
      return new PowerAuthDatabase(client, statementsFor(name, columns));
    } catch (error) {
      await client.end();
      throw error;
    }
  }

  async count(table: PowerAuthTable): Promise<number> {
    const { rows } = await this.client.query<{ count: number }>(
      `SELECT count(*)::int FROM (${this.statements[table]}) AS listed`,
    );
    return rows[0]?.count ?? 0;
  }

  /** Reads all rows of a table by id, through a cursor: memory stays flat however many there are. */
  async *batches<Row extends object>(table: PowerAuthTable): AsyncGenerator<Row[]> {
    const cursor = escapeIdentifier(table);
    await this.client.query(
      `DECLARE ${cursor} NO SCROLL CURSOR FOR ${this.statements[table]} ORDER BY listed.id`,
    );
    for (;;) {
      const { rows } = await this.client.query<Row>(`FETCH ${batchSize} FROM ${cursor}`);
      if (rows.length === 0) break;
      yield rows;
    }
    await this.client.query(`CLOSE ${cursor}`);
  }

  async close(): Promise<void> {
    await this.client.end();
  }
}

async function connect(databaseUrl: string): Promise<Client> {
  const url = URL.canParse(databaseUrl) ? new URL(databaseUrl) : undefined;
  if (url === undefined || !['postgres:', 'postgresql:'].includes(url.protocol)) {
    throw new ImportError(
      '--database-url: wants postgres://user:password@host:5432/database; Oracle and MySQL can’t be read',
    );
  }
  try {
    const client = new WatchedClient({
      connectionString: databaseUrl,
      application_name: 'carillon import',
    });
    await client.connect();
    return client;
  } catch (error) {
    const { message, code } = error as { message: string; code?: string };
    // Neither user nor password nor parameters of the URL.
    const place = `${url.host}${url.pathname}`;
    throw new ImportError(`--database-url: ${place} can’t be used: ${message || (code ?? '?')}`);
  }
}

async function setTimeZone(client: Client, timeZone: string): Promise<void> {
  try {
    await client.query(`SELECT set_config('timezone', $1, true)`, [timeZone]);
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error;
    throw new ImportError(`--time-zone: wants a name such as Europe/Prague, not ${timeZone}`);
  }
}

async function columnsOf(
  client: Client,
  schema: string | undefined,
): Promise<[schema: string, TableColumns]> {
  const { rows } = await client.query<{
    schema: string | null;
    table: string | null;
    column: string;
    type: string;
  }>(
    `SELECT wanted AS schema, table_name AS table, column_name AS column, data_type AS type
     FROM coalesce($1, current_schema()) AS wanted
     LEFT JOIN information_schema.columns ON table_schema = wanted`,
    [schema ?? null],
  );
  const columns = new Map<string, Map<string, string>>();
  for (const { table, column, type } of rows) {
    if (table === null) continue;
    columns.set(table, (columns.get(table) ?? new Map<string, string>()).set(column, type));
  }
  return [rows[0]?.schema ?? 'public', columns];
}
