import { countSeals, nameOfColumn, openDatabase, type SealCount, SealedSecrets } from '@app/core';
import { schema } from '../../../../migrations';
import type { Installation } from '../installation';
import { UsageError } from './usage.error';

const opens: Readonly<Record<SealCount['key'], string>> = {
  present: 'MASTER_KEY',
  previous: 'MASTER_KEY_PREVIOUS',
  unknown: 'no key that is given',
};

/** Runs `carillon secrets status`. @throws UsageError, ConfigError */
export async function secretsCommand(
  more: readonly string[],
  installation: Installation,
): Promise<void> {
  if (more.length > 0) throw new UsageError('secrets status wants nothing more');
  const counts = await installation(async (config) => {
    const dataSource = await openDatabase(config, schema, 'carillon command');
    try {
      const secrets = new SealedSecrets(config.masterKey, ...config.masterKeysPrevious);
      return await countSeals(dataSource, secrets, schema.sealed);
    } finally {
      await dataSource.destroy();
    }
  });
  for (const { column, keyId, key, texts } of counts) {
    console.log(`${nameOfColumn(column)}: ${texts} sealed with ${keyId}, opened by ${opens[key]}`);
  }
  console.log(summaryOf(counts));
}

function summaryOf(counts: readonly SealCount[]): string {
  const has = (key: SealCount['key']) => counts.some((count) => count.key === key);
  if (has('unknown'))
    return 'Some secrets can be opened by no key that is given: add the key that sealed them to MASTER_KEY_PREVIOUS.';
  if (has('previous'))
    return 'MASTER_KEY_PREVIOUS is still needed: workers seal anew at their start and every hour.';
  return 'All is sealed with MASTER_KEY; no key before it is needed.';
}
