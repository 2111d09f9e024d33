import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { AuditKeys, verifyTrail } from '@app/audit';
import { openDatabase, SealedSecrets } from '@app/core';
import type { DataSource } from 'typeorm';
import { schema } from '../../../../migrations';
import type { Installation } from '../installation';
import { UsageError } from './usage.error';

/** Runs `carillon audit verify`. @throws UsageError, AuditTamperedError, ConfigError */
export async function auditVerifyCommand(
  words: readonly string[],
  installation: Installation,
): Promise<void> {
  const kept = await keptCheckpoint(words);
  const { events, unsigned, unsignedSince, unlinked, checkpoint } = await inTrail(
    installation,
    async (dataSource, keys) => verifyTrail(dataSource, keys, kept),
  );
  console.log(
    `In order: ${events} events are as they were linked, up to checkpoint ${checkpoint}.`,
  );
  if (unsigned > 0) {
    const since = unsignedSince?.getTime() ?? NaN;
    const first = Number.isNaN(since) ? '' : `, the first of ${new Date(since).toISOString()}`;
    console.log(`No checkpoint stands yet for the last ${unsigned} of them${first}.`);
  }
  if (unlinked > 0) console.log(`Not linked yet: ${unlinked} events; a worker links them.`);
}

/** Runs `carillon audit checkpoint`, which prints the last one. @throws UsageError, ConfigError */
export async function auditCheckpointCommand(
  words: readonly string[],
  installation: Installation,
): Promise<void> {
  if (words.length > 0) throw new UsageError('audit checkpoint wants nothing more');
  const [last] = await inTrail(installation, async (dataSource) =>
    dataSource.query<{ jws: string }[]>(
      'SELECT jws FROM audit_checkpoints ORDER BY number DESC LIMIT 1',
    ),
  );
  if (last === undefined) throw new UsageError('There is no checkpoint yet; a worker makes them');
  console.log(last.jws);
}

async function keptCheckpoint(words: readonly string[]): Promise<string | undefined> {
  try {
    const { values } = parseArgs({ args: [...words], options: { checkpoint: { type: 'string' } } });
    if (values.checkpoint === undefined) return undefined;
    return (await readFile(values.checkpoint, 'utf8')).trim();
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

async function inTrail<Result>(
  installation: Installation,
  work: (dataSource: DataSource, keys: AuditKeys) => Promise<Result>,
): Promise<Result> {
  return installation(async (config) => {
    const dataSource = await openDatabase(config, schema, 'carillon command');
    try {
      const secrets = new SealedSecrets(config.masterKey, ...config.masterKeysPrevious);
      return await work(dataSource, new AuditKeys(secrets));
    } finally {
      await dataSource.destroy();
    }
  });
}
