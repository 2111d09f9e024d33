import { assertServiceConfig, loadConfig, runProcess } from '@app/core';
import { startWorker } from './start';

void runProcess(async () => {
  const config = loadConfig();
  assertServiceConfig(config);
  return startWorker(config);
});
