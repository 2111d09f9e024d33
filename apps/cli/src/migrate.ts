import { ConfigError, explain, loadConfig, migrate } from '@app/core';
import { schema } from '../../../migrations';

/** `npm run migrate`: brings the database of `DATABASE_URL` up to date and says what it did. */
async function main(): Promise<void> {
  const { databaseUrl } = loadConfig();
  if (databaseUrl === undefined) {
    throw new ConfigError(['DATABASE_URL: is required; it names the database to migrate']);
  }
  const done = await migrate(databaseUrl, schema);
  for (const name of done) console.log(`Applied ${name}`);
  if (done.length === 0) console.log('The database is up to date');
}

main().catch((error: unknown) => {
  process.exitCode = explain(error);
});
