import { assertServiceConfig, loadConfig, runProcess } from '@app/core';
import { startApi } from './start';

void runProcess(async () => {
  const config = loadConfig();
  assertServiceConfig(config);
  return startApi(config);
});
