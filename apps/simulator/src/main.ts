import { join } from 'node:path';
import { assertDataDir, assertListenable, checkAll, loadConfig, runProcess } from '@app/core';
import { Simulator } from './simulator';
import { caPath } from './wire/tls-identity';

/** Runs the simulator on its own, until SIGINT or SIGTERM. */
void runProcess(async () => {
  const { host, dataDir, ...config } = loadConfig();
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
});
