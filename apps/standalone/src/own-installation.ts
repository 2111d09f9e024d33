import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { assertServiceConfig, Config, ConfigError, type ServiceConfig } from '@app/core';
import { runningEmbeddedPostgres, startEmbeddedPostgres } from './embedded-postgres';
import { masterKeyOf } from './master-key';

/**
 * Works in the installation of DATABASE_URL, or else in the one that `npm start` keeps in DATA_DIR, whether it runs or not.
 * @throws ConfigError when there is none
 */
export async function inOwnInstallation<Result>(
  config: Config,
  work: (config: ServiceConfig) => Promise<Result>,
): Promise<Result> {
  if (config.databaseUrl !== undefined) {
    assertServiceConfig(config);
    return work(config);
  }
  const { dataDir } = config;
  if (!existsSync(join(dataDir, 'postgres'))) {
    throw new ConfigError([
      `DATABASE_URL: is required, for there are no data of npm start in ${dataDir} (DATA_DIR)`,
    ]);
  }
  const masterKey = masterKeyOf(config);
  const complete = (databaseUrl: string): ServiceConfig =>
    Object.assign(new Config(), config, { databaseUrl, masterKey });

  const running = await runningEmbeddedPostgres(dataDir);
  if (running !== undefined) return work(complete(running));
  const postgres = await startEmbeddedPostgres({ dataDir, holder: 'npm run carillon' });
  try {
    return await work(complete(postgres.url));
  } finally {
    await postgres.stop();
  }
}
