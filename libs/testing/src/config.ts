import { randomBytes } from 'node:crypto';
import { assertServiceConfig, loadConfig, type ServiceConfig } from '@app/core';

/** The configuration of an API on this database, at any free port, with the queue in the database. */
export function testConfig(
  databaseUrl: string,
  environment: NodeJS.ProcessEnv = {},
): ServiceConfig {
  const config = loadConfig({
    NODE_ENV: 'test',
    PORT: '0',
    LOG_LEVEL: process.env.TEST_LOG_LEVEL ?? 'silent',
    DATABASE_URL: databaseUrl,
    MASTER_KEY: randomBytes(32).toString('base64'),
    ...environment,
  });
  assertServiceConfig(config);
  return config;
}
