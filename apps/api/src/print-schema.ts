import { writeFile } from 'node:fs/promises';
import { schemaText } from './graphql/schema-text';

/** `npm run schema`, from the root: brings the committed schema up to date. */
async function printSchema(): Promise<void> {
  await writeFile('apps/api/schema.graphql', await schemaText());
}

void printSchema();
