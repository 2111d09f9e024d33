import { randomBytes } from 'node:crypto';
import { startServer } from './child';

/** Starts the API on a database, with a key of its own unless the environment has one. */
export function startApi(databaseUrl: string, environment: NodeJS.ProcessEnv = {}) {
  return startServer('api.ts', [], {
    PORT: '0',
    LOG_LEVEL: 'error',
    DATABASE_URL: databaseUrl,
    MASTER_KEY: randomBytes(32).toString('base64'),
    ...environment,
  });
}
