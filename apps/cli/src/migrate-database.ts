import { type Config, ConfigError, migrate } from '@app/core';
import { schema } from '../../../migrations';

/** Brings the database of `DATABASE_URL` up to date and prints what it did. @throws ConfigError when there is none to be used */
export async function migrateDatabase({ databaseUrl }: Config): Promise<void> {
  if (databaseUrl === undefined) {
    throw new ConfigError(['DATABASE_URL: is required; it names the database to migrate']);
  }
  const done = await migrate(databaseUrl, schema);
  for (const name of done) console.log(`Applied ${name}`);
  if (done.length === 0) console.log('The database is up to date');
}
