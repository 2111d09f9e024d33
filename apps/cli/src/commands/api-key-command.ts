import { newApiKey, tracesOf } from '@app/auth';
import { UsageError } from './usage.error';

/** Runs `carillon api-key generate`, which asks no database. @throws UsageError */
export function apiKeyCommand(more: readonly string[]): Promise<void> {
  if (more.length > 0) throw new UsageError('api-key generate wants nothing more');
  const key = newApiKey();
  const { hash, prefix } = tracesOf(key);
  console.log(`key: ${key}
hash: ${hash}
prefix: ${prefix}`);
  return Promise.resolve();
}
