import type { DataSource } from 'typeorm';
import type { ServiceConfig } from './config';
import type { Schema } from './migrate';
import { reachable } from './reachable';
import { assertMigrated } from './schema-check';
import { UnitDataSource } from './unit-data-source';

/**
 * Connects to a database that is up to date.
 * @param applicationName names our connections in `pg_stat_activity`
 * @throws ConfigError when it can't be reached, or lacks migrations
 */
export async function openDatabase(
  config: ServiceConfig,
  schema: Schema,
  applicationName: string,
): Promise<DataSource> {
  const dataSource = new UnitDataSource({
    type: 'postgres',
    url: config.databaseUrl,
    entities: schema.entities,
    synchronize: false,
    poolSize: 10,
    applicationName,
  });
  await reachable(dataSource.initialize());
  try {
    await assertMigrated(dataSource, schema.migrations);
  } catch (error) {
    await dataSource.destroy();
    throw error;
  }
  return dataSource;
}
