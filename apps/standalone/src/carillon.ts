#!/usr/bin/env node
import { parseArgs } from 'node:util';
import { apnsEnvironments } from '@app/applications';
import { assertServiceConfig, ConfigError, loadConfig } from '@app/core';
import { ImportError } from './import/import.error';
import { importPowerAuth, type ImportOptions } from './import/import-powerauth';
import type { Tally } from './import/tally';
import { ProgressBar } from './progress-bar';

const usage = `Usage: carillon import powerauth --database-url <url> [options]

Brings applications, device registrations, campaigns and their users from the PostgreSQL database of a PowerAuth Push
Server 0.24 to 1.10 into the database of DATABASE_URL. It may be run again: then it adds what is new.

  --database-url <url>        postgres://user:password@host:5432/database; PGPASSWORD may hold the password instead
  --schema <name>             where its tables are, if not in the first schema of the search path
  --time-zone <name>          of the Java process that wrote its timestamps (UTC)
  --apns-environment <name>   of APNs keys that name none: production (the default) or development
  --dry-run                   show what would come of it, and change nothing
`;

/** EX_USAGE of sysexits.h. */
const wrongUsage = 64;

class UsageError extends Error {}

/** @throws UsageError */
function readArguments(): ImportOptions {
  const { positionals, values } = parse();
  if (positionals.join(' ') !== 'import powerauth') {
    throw new UsageError('Wants the command: import powerauth');
  }
  const databaseUrl = values['database-url'];
  if (databaseUrl === undefined) throw new UsageError('--database-url is missing');
  const apnsEnvironment = apnsEnvironments.find((known) => known === values['apns-environment']);
  if (apnsEnvironment === undefined) {
    throw new UsageError(`--apns-environment wants ${apnsEnvironments.join(' or ')}`);
  }
  return {
    databaseUrl,
    schema: values.schema,
    timeZone: values['time-zone'],
    apnsEnvironment,
    dryRun: values['dry-run'],
  };
}

function parse() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        'database-url': { type: 'string' },
        schema: { type: 'string' },
        'time-zone': { type: 'string', default: 'UTC' },
        'apns-environment': { type: 'string', default: 'production' },
        'dry-run': { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

async function main(): Promise<void> {
  const options = readArguments();
  const config = loadConfig();
  assertServiceConfig(config);
  const bar = new ProgressBar(process.stdout);
  const tallies = await importPowerAuth(config, options, {
    progress: (done, total) => {
      bar.draw(done, total, 'rows');
    },
    refused: (line) => {
      if (process.stdout.isTTY) process.stdout.write('\r\u001b[K');
      console.error(`Refused: ${line}`);
    },
  });
  bar.end();
  console.log(summary(tallies));
  if (options.dryRun) console.log('\nA dry run: nothing was changed.');
}

function summary(tallies: readonly Tally[]): string {
  const line = (name: string, ...figures: readonly (string | number)[]) =>
    name.padEnd(18) + figures.map((figure) => String(figure).padStart(12)).join('');
  return [
    line('', 'read', 'imported', 'present', 'refused'),
    ...tallies.map(({ name, read, imported, present, refused }) =>
      line(name, read, imported, present, refused),
    ),
  ].join('\n');
}

main().catch((error: unknown) => {
  if (error instanceof UsageError) {
    console.error(`${error.message}\n\n${usage}`);
    process.exitCode = wrongUsage;
    return;
  }
  process.exitCode = 1;
  if (error instanceof ConfigError || error instanceof ImportError) console.error(error.message);
  // The stack only: the error itself may hold the values of a statement.
  else console.error(error instanceof Error ? error.stack : String(error));
});
