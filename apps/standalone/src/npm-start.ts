import { type Config, ConfigError } from '@app/core';
import { type Standalone, startStandalone } from './start';

/**
 * Starts what `npm start` runs, and prints where it is.
 * @param fail is called when it can't go on
 * @throws ConfigError when the configuration is wrong, or would lead a database's messages to the simulator unasked
 */
export async function npmStart(given: Config, fail: (error: Error) => void): Promise<Standalone> {
  assertDestination(given);
  const standalone = await startStandalone(given, {
    holder: 'npm start',
    say: (line) => {
      console.log(line);
    },
    fail,
  });
  const { url, config, simulator, firstOwner } = standalone;
  console.log(`\nCarillon      ${url}/graphql`);
  if (simulator !== undefined) {
    console.log(
      `Simulator     ${simulator.controlUrl} (APNs ${simulator.apnsUrl}, FCM ${simulator.fcmUrl})`,
    );
  }
  console.log(`Data          ${config.dataDir}`);
  console.log(`Queue         ${config.redisUrl === undefined ? 'PostgreSQL' : 'Redis'}`);
  if (firstOwner !== undefined) {
    const { email, password } = firstOwner;
    console.log(
      `Operator      ${email}, password ${password} (shown this once, for the first sign-in)`,
    );
  }
  console.log('Ctrl-C ends it.');
  return standalone;
}

/** @throws ConfigError where leading a database's messages to the simulator would be a surprise */
function assertDestination({ databaseUrl, gateways, apnsUrl, fcmUrl, nodeEnv }: Config): void {
  const leads = apnsUrl !== undefined && fcmUrl !== undefined;
  if (gateways !== undefined || leads) return;
  if (nodeEnv === 'production') {
    throw new ConfigError([
      'GATEWAYS: in production, npm start wants to be told where messages go: real for Apple and Google, or simulated',
    ]);
  }
  if (databaseUrl === undefined) return;
  throw new ConfigError([
    'GATEWAYS: npm start would lead the messages of the database in DATABASE_URL to the simulator; ' +
      'set GATEWAYS to simulated if that is right, to real for Apple and Google, or leave DATABASE_URL out',
  ]);
}
