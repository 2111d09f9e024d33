import { loadConfig } from '@app/core';
import { DataSource } from 'typeorm';
import { schema } from '.';

/** For the TypeORM command line: `npx typeorm migration:generate -d <this file, built>`. */
export const dataSource = new DataSource({
  type: 'postgres',
  url: loadConfig().databaseUrl ?? '',
  entities: schema.entities,
  migrations: schema.migrations,
});
