import { loadConfig, runProcess } from '@app/core';
import { firstOwnerLine, startStandalone } from './start';

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
  if (firstOwner !== undefined) console.log(firstOwnerLine(firstOwner));
  return standalone;
});
