import { ConfigError, type SealedSecrets } from '@app/core';
import type { DataSource } from 'typeorm';

/**
 * Refuses a master key that did not seal the database's secrets. The newest signing key tells, which every API makes
 * and a rotation of the master key seals anew.
 * @throws ConfigError
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
