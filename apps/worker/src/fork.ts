import { loadServiceConfig, runFork } from '@app/core';
import { Duties } from './duties';
import { startWorker } from './start';

void runFork((number) => startWorker(loadServiceConfig(), Duties.of(number), `worker ${number}`));
