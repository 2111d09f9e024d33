import { loadConfig, runProcess } from '@app/core';
import { startStandalone } from './start';

void runProcess(async () => {
  const standalone = await startStandalone(loadConfig());
  const { url, config, simulator, firstOwner } = standalone;
  console.log(`Carillon      ${url}/graphql`);
  if (simulator !== undefined) {
    console.log(
      `Simulator     ${simulator.controlUrl} (APNs ${simulator.apnsUrl}, FCM ${simulator.fcmUrl})`,
    );
  }
  console.log(`Data          ${config.dataDir}`);
  console.log(`Queue         ${config.redisUrl === undefined ? 'PostgreSQL' : 'Redis'}`);
  if (firstOwner !== undefined) {
    const { email, password } = firstOwner;
    console.log(`Operator      ${email}, password ${password} (shown this once; change it)`);
  }
  return standalone;
});
