import { existsSync, mkdirSync, mkdtempSync, rmdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ConfigError } from './config';

/** Makes the folder where it is missing. @throws ConfigError when nothing can be stored there */
export function assertDataDir(dataDir: string): void {
  try {
    makeFolder(dataDir);
    rmdirSync(mkdtempSync(join(dataDir, '.probe-')));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new ConfigError([
      `DATA_DIR: nothing can be kept in ${dataDir} (${code ?? message}); take a folder that this user may write to`,
    ]);
  }
}

/** Makes a folder and those above it. The option `recursive` never ends where a file system makes no folders, as in /proc. */
function makeFolder(path: string): void {
  if (existsSync(path)) return;
  makeFolder(dirname(path));
  try {
    mkdirSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error; // another process made it
  }
}
