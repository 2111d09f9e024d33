import { generateKeyPairSync, type KeyObject } from 'node:crypto';

/** Made in this process; making one takes longer than many a test. */
const made: KeyObject[] = [];
let testPath: string | undefined;
let given = 0;

/**
 * A private key of 2048 bits: another one at each call of a test file, and the same again for the next file. So a module
 * that several test files import takes `newRsaKey`.
 */
export function rsaKey(): KeyObject {
  const state = expect.getState();
  if (state.testPath !== testPath) [testPath, given] = [state.testPath, 0];
  const key = made[given] ?? newRsaKey();
  made[given++] = key;
  return key;
}

/** Returns a private key that nobody has had. */
export function newRsaKey(bits = 2048): KeyObject {
  return generateKeyPairSync('rsa', { modulusLength: bits }).privateKey;
}
