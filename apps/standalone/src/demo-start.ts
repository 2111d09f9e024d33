import { join } from 'node:path';
import { Config, ConfigError, listenProblems } from '@app/core';
import { listeningOf, type Standalone, type StandaloneOptions, startStandalone } from './start';

/** The latency of the simulator in milliseconds, like that of the real gateways. */
const latencyMs = { mean: 30, minimum: 5 };

/**
 * Starts in a data folder of its own, on the configured ports, or on free ones where they are taken: a demo should not
 * fail for that.
 */
export async function startDemo(given: Config, fail: (error: Error) => void): Promise<Standalone> {
  if (given.databaseUrl !== undefined && given.gateways !== 'simulated') {
    throw new ConfigError([
      'GATEWAYS: the demo makes an operator and thousands of devices in the database of DATABASE_URL, and leads its ' +
        'messages to the simulator; leave DATABASE_URL out, or set GATEWAYS to simulated if that is right',
    ]);
  }
  const config = Object.assign(new Config(), given, {
    dataDir: join(given.dataDir, 'demo'),
    gateways: 'simulated',
    logLevel: 'warn',
    apnsUrl: undefined,
    fcmUrl: undefined,
  } as const);
  const options: StandaloneOptions = {
    holder: 'npm run demo',
    simulator: { latencyMs },
    makesOwner: false,
    say: (line) => {
      console.log(line);
    },
    fail,
  };
  const problems = await listenProblems(...listeningOf(config, true));
  const taken = problems.some(({ code }) => code === 'EADDRINUSE');
  if (!taken) return startStandalone(config, options);
  console.log('Some of the ports are taken: it goes to free ones.');
  const ports = { port: 0, simulatorApnsPort: 0, simulatorFcmPort: 0, simulatorControlPort: 0 };
  return startStandalone(Object.assign(config, ports), options);
}
