import { parseArgs } from 'node:util';
import { apnsEnvironments } from '@app/push';
import { importPowerAuth, type ImportOptions } from '../import/import-powerauth';
import type { Tally } from '../import/tally';
import type { Installation } from '../installation';
import { ProgressBar } from '../progress-bar';
import { UsageError } from './usage.error';

/** `carillon import powerauth …`. @throws UsageError, ImportError, ConfigError */
export async function importCommand(
  words: readonly string[],
  installation: Installation,
): Promise<void> {
  const options = readArguments(words);
  const bar = new ProgressBar(process.stdout);
  const listener = {
    progress: (done: number, total: number) => {
      bar.draw(done, total, 'rows');
    },
    refused: (line: string) => {
      if (process.stdout.isTTY) process.stdout.write('\r\u001b[K');
      console.error(`Refused: ${line}`);
    },
  };
  const tallies = await installation((config) => importPowerAuth(config, options, listener));
  bar.end();
  console.log(summary(tallies));
  if (options.dryRun) console.log('\nA dry run: nothing was changed.');
}

/** @throws UsageError */
function readArguments(words: readonly string[]): ImportOptions {
  const values = parse(words);
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

function parse(words: readonly string[]) {
  try {
    return parseArgs({
      args: [...words],
      options: {
        'database-url': { type: 'string' },
        schema: { type: 'string' },
        'time-zone': { type: 'string', default: 'UTC' },
        'apns-environment': { type: 'string', default: 'production' },
        'dry-run': { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
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
