import { explain, loadConfig } from '@app/core';
import { migrateDatabase } from './migrate-database';

/** `npm run migrate`. */
async function main(): Promise<void> {
  await migrateDatabase(loadConfig());
}

main().catch((error: unknown) => {
  process.exitCode = explain(error);
});
