import { loadConfig, runProcess } from '@app/core';
import { npmStart } from './npm-start';

void runProcess(async (fail) => npmStart(loadConfig(), fail));
