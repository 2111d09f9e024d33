import { ConfigError, type SealedSecrets } from '@app/core';
import type { DataSource } from 'typeorm';

/**
 * Whether the database's secrets are sealed with a key of ours: its newest signing key tells, which every API makes and
 * a rotation of the master key seals anew.
 * @throws ConfigError when they are not
 */
export async function assertMasterKey(
  dataSource: DataSource,
  secrets: SealedSecrets,
): Promise<void> {
  const [newest] = await dataSource.query<{ sealed: string }[]>(
    'SELECT private_key AS sealed FROM signing_keys ORDER BY created_at DESC LIMIT 1',
  );
  if (newest === undefined || secrets.knows(newest.sealed)) return;
  throw new ConfigError([
    "MASTER_KEY: this database's secrets were sealed with another key, which is not MASTER_KEY_PREVIOUS either; " +
      'give the key that they were sealed with',
  ]);
}
