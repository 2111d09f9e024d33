import { writeFile } from 'node:fs/promises';
import { createTestDatabase } from './database';
import { databaseSchema } from './database-schema';
import { startServices, stopServices } from './services';

/** Part of `npm run schema`, from the root: brings the committed schema of the database up to date. */
async function printSchema(): Promise<void> {
  await startServices();
  try {
    const { url } = await createTestDatabase();
    await writeFile('migrations/schema.sql', await databaseSchema(url));
  } finally {
    await stopServices();
  }
}

void printSchema();
