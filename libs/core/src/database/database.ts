import type { DataSource } from 'typeorm';
import type { ServiceConfig } from '../config/config';
import { reachable } from './reachable';
import { assertMigrated, type Schema } from './schema-check';
import { assertServer } from './server-check';
import { UnitDataSource } from './unit-data-source';
import { WatchedClient } from './watched-client';

/** How long a transaction may be idle: a process that was frozen for longer loses it, so that others get on. */
const idleInTransactionMs = 60_000;

/**
 * Connects to a database that is up to date, and waits a while for one that is not there yet.
 * @param applicationName names our connections in `pg_stat_activity`
 * @param statementTimeoutMs ends statements that take longer; without it they may take as long as they like
 * @throws DatabaseAwayError
 * @throws ConfigError when its URL is wrong, it is too old, or its schema is not ours, behind, or too new
 */
export async function openDatabase(
  config: ServiceConfig,
  schema: Schema,
  applicationName: string,
  statementTimeoutMs = 0,
): Promise<DataSource> {
  return reachable(config.databaseUrl, async () => {
    const dataSource = new UnitDataSource({
      type: 'postgres',
      url: config.databaseUrl,
      entities: schema.entities,
      synchronize: false,
      poolSize: 10,
      applicationName,
      extra: {
        Client: WatchedClient,
        // Statements, for poolers refuse a session that begins with a setting that they don't know.
        onConnect: (client: WatchedClient) =>
          client.query(
            `SET idle_in_transaction_session_timeout = ${idleInTransactionMs}; SET statement_timeout = ${statementTimeoutMs}`,
          ),
      },
    });
    await dataSource.initialize();
    try {
      const query = (sql: string) => dataSource.query<unknown[]>(sql);
      await assertServer(query);
      await assertMigrated(query, schema);
    } catch (error) {
      await dataSource.destroy();
      throw error;
    }
    return dataSource;
  });
}
