import { loadServiceConfig } from '@app/core';
import { runCommand } from './run-command';

/** Runs the commands on the database of `DATABASE_URL` alone. */
void runCommand((work) => work(loadServiceConfig()));
