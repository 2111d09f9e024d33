import { randomBytes } from 'node:crypto';
import { startServer } from './child';

/** The key of all that one bench starts: two APIs may share a database. */
const masterKey = randomBytes(32).toString('base64');

/** Starts the API on a database. */
export function startApi(databaseUrl: string, environment: NodeJS.ProcessEnv = {}) {
  return startServer('api.ts', [], {
    PORT: '0',
    LOG_LEVEL: 'error',
    DATABASE_URL: databaseUrl,
    MASTER_KEY: masterKey,
    ...environment,
  });
}
