import { createRequire } from 'node:module';
import { extname, join } from 'node:path';
import { createLogger, Forks, loadServiceConfig, runProcess } from '@app/core';

void runProcess(() => {
  const config = loadServiceConfig();
  const { workerProcesses: count } = config;
  if (count === 1) {
    // The parent of several has no use for all that a worker loads.
    const { startWorker } = createRequire(__filename)('./start') as typeof import('./start');
    return startWorker(config);
  }
  const logger = createLogger(config);
  logger.log(`Starting ${count} processes`, 'Workers');
  return new Forks({
    file: join(__dirname, `fork${extname(__filename)}`),
    count,
    warn: (line) => {
      logger.warn(line, 'Workers');
    },
  });
});
