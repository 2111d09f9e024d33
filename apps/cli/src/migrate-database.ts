import { type Config, ConfigError, migrateAs } from '@app/core';
import { schema } from '../../../migrations';

/**
 * Brings the database of `DATABASE_URL` up to date and prints what it did; with `DATABASE_OWNER_URL` as that role, which
 * gives the role of `DATABASE_URL` the rights that the services need.
 * @throws ConfigError when there is none to be used
 */
export async function migrateDatabase({ databaseUrl, databaseOwnerUrl }: Config): Promise<void> {
  if (databaseUrl === undefined) {
    throw new ConfigError(['DATABASE_URL: is required; it names the database to migrate']);
  }
  const done = await migrateAs(databaseUrl, databaseOwnerUrl, schema);
  for (const name of done) console.log(`Applied ${name}`);
  if (done.length === 0) console.log('The database is up to date');
  if (databaseOwnerUrl === undefined) {
    console.log(
      'The services have all rights of the owner, also to change the audit trail; docs/operations.md says how to part the two roles.',
    );
  }
}
