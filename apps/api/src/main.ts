import { loadServiceConfig, runProcess } from '@app/core';
import { startApi } from './start';

void runProcess(() => startApi(loadServiceConfig()));
