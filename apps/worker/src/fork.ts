import { loadServiceConfig, runFork } from '@app/core';
import { startWorker } from './start';

void runFork((number) => startWorker(loadServiceConfig(), `worker ${number}`));
