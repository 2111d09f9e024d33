import { join } from 'node:path';
import { loadConfig } from '@app/core';
import { Simulator } from './simulator';
import { caPath } from './tls-identity';

/** The simulator on its own, until SIGINT or SIGTERM. */
async function main(): Promise<void> {
  const config = loadConfig();
  const tlsDir = join(config.dataDir, 'simulator');
  const simulator = await Simulator.start({
    host: config.host,
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
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void simulator.close());
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
