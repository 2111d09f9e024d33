import { join } from 'node:path';
import { assertDataDir, assertListenable, checkAll, type Config, ConfigError } from '@app/core';
import { Simulator } from './simulator';
import { caPath } from './wire/tls-identity';

/**
 * Starts the simulator on its own, and prints where it is.
 * @throws ConfigError where a port or its data folder can't be had, or nobody asked for it in production
 */
export async function startSimulator(config: Config): Promise<Simulator> {
  const { simulatorHost: host, dataDir } = config;
  await checkAll([
    () => {
      if (config.nodeEnv !== 'production' || config.gateways === 'simulated') return;
      throw new ConfigError([
        'GATEWAYS: in production, the simulator runs where this is simulated, and only there',
      ]);
    },
    () => {
      assertDataDir(dataDir);
    },
    () =>
      assertListenable({
        host,
        hostVariable: 'SIMULATOR_HOST',
        ports: {
          SIMULATOR_APNS_PORT: config.simulatorApnsPort,
          SIMULATOR_FCM_PORT: config.simulatorFcmPort,
          SIMULATOR_CONTROL_PORT: config.simulatorControlPort,
        },
      }),
  ]);
  const tlsDir = join(dataDir, 'simulator');
  const simulator = await Simulator.start({
    host,
    apnsPort: config.simulatorApnsPort,
    fcmPort: config.simulatorFcmPort,
    controlPort: config.simulatorControlPort,
    tlsDir,
  });
  process.stdout.write(
    `APNs     ${simulator.apnsUrl}
FCM      ${simulator.fcmUrl}
control  ${simulator.controlUrl}
CA       ${caPath(tlsDir)}
`,
  );
  return simulator;
}
