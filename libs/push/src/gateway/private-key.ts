import { createPrivateKey, type KeyObject } from 'node:crypto';
import { pemText } from '@app/core';

/** The key, in whatever of the usual layouts its PEM came; undefined where it is none. */
export function privateKeyIn(given: string): KeyObject | undefined {
  return readPrivateKey(privateKeyText(given));
}

/** The key's PEM as it is stored: the gateways read no other layout. Of what is no key, any text. */
export function privateKeyText(given: string): string {
  return readPrivateKey(given) === undefined ? pemText(given, 'PRIVATE KEY') : given;
}

function readPrivateKey(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem);
  } catch {
    return undefined;
  }
}
