#!/usr/bin/env node
import { runCommand } from '../../cli/src';
import { EmbeddedPostgresError } from './embedded-postgres.error';
import { ownInstallation } from './own-installation';

void runCommand(ownInstallation, [EmbeddedPostgresError]);
