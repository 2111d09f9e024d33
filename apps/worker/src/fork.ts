import { constants, setPriority } from 'node:os';
import { loadServiceConfig, runFork } from '@app/core';
import { Duties } from './duties';
import { startWorker } from './start';

void runFork((number) => {
  const duties = Duties.of(number);
  // Where cores are few, a campaign takes what notifications, and PostgreSQL for them, leave of them.
  if (!duties.urgent) setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
  return startWorker(loadServiceConfig(), duties, `worker ${number}`);
});
