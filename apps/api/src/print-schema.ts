import { writeFile } from 'node:fs/promises';
import { schemaText } from './graphql/schema-text';

/** Renews the committed schema for `npm run schema`, which runs at the root. */
async function printSchema(): Promise<void> {
  await writeFile('apps/api/schema.graphql', await schemaText());
}

void printSchema();
