import { loadConfig, runProcess } from '@app/core';
import { startSimulator } from './start';

/** Runs the simulator on its own, until SIGINT or SIGTERM. */
void runProcess(async () => startSimulator(loadConfig()));
