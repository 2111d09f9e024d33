import { loadServiceConfig } from '@app/core';
import { runCommand } from './run-command';

/** Runs the commands on the database of `DATABASE_URL` alone. */
void runCommand(process.argv.slice(2), async (work) => work(loadServiceConfig())).then((code) => {
  process.exitCode = code;
});
