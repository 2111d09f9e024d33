import { loadServiceConfig, runProcess } from '@app/core';
import { startWorker } from './start';

void runProcess(() => startWorker(loadServiceConfig()));
