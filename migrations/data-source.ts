import { loadConfig } from '@app/core';
import { DataSource } from 'typeorm';
import { schema } from '.';

/** For the TypeORM command line; CONTRIBUTING.md shows how to run it. */
export const dataSource = new DataSource({
  type: 'postgres',
  url: loadConfig().databaseUrl ?? '',
  entities: schema.entities,
  migrations: schema.migrations,
});
