#!/usr/bin/env node
import { loadConfig } from '@app/core';
import { runCommand } from '../../cli/src';
import { EmbeddedPostgresError } from './embedded-postgres.error';
import { inOwnInstallation } from './own-installation';

void runCommand(process.argv.slice(2), async (work) => inOwnInstallation(loadConfig(), work), [
  EmbeddedPostgresError,
]).then((code) => {
  process.exitCode = code;
});
