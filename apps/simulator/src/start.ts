import { join } from 'node:path';
import { assertDataDir, assertListenable, checkAll, type Config } from '@app/core';
import { Simulator } from './simulator';
import { caPath } from './wire/tls-identity';

/** Starts the simulator on its own, and prints where it is. @throws ConfigError where a port or its data folder can't be had */
export async function startSimulator({ host, dataDir, ...config }: Config): Promise<Simulator> {
  await checkAll([
    () => {
      assertDataDir(dataDir);
    },
    () =>
      assertListenable(host, {
        SIMULATOR_APNS_PORT: config.simulatorApnsPort,
        SIMULATOR_FCM_PORT: config.simulatorFcmPort,
        SIMULATOR_CONTROL_PORT: config.simulatorControlPort,
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
