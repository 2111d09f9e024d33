import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Config, ConfigError, masterKeyMissing } from '@app/core';

/** Returns the key of the configuration, or else the one in its data folder; production wants to be told. @throws ConfigError */
export function masterKeyOf({ masterKey, dataDir, nodeEnv }: Config): Buffer {
  if (masterKey !== undefined) return masterKey;
  if (nodeEnv === 'production') throw new ConfigError([masterKeyMissing]);
  return masterKeyIn(dataDir);
}

/**
 * Reads the key in `dataDir`, or makes it before there are data. Of several that start at once, one creates the file
 * and the others read it.
 * @throws ConfigError when the file does not hold a key, or is gone from beside the data that were sealed with it
 */
function masterKeyIn(dataDir: string): Buffer {
  const path = join(dataDir, 'master.key');
  const hasData = existsSync(join(dataDir, 'postgres'));
  mkdirSync(dataDir, { recursive: true });
  if (hasData && !existsSync(path)) {
    throw new ConfigError([
      `MASTER_KEY: ${path} is gone, and what is in the database beside it is sealed with it; put it back, or set MASTER_KEY`,
    ]);
  }
  try {
    writeFileSync(path, `${randomBytes(32).toString('base64')}\n`, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const key = Buffer.from(readFileSync(path, 'utf8'), 'base64');
  if (key.length !== 32) {
    throw new ConfigError([`MASTER_KEY: ${path} does not hold 32 bytes in base64`]);
  }
  return key;
}
