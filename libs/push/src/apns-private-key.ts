import { DomainError } from '@app/core';
import { createPrivateKey, type KeyObject } from 'node:crypto';

export class InvalidPrivateKeyError extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'INVALID_PRIVATE_KEY';

  constructor(what: string, cause?: unknown) {
    super(`${what}. APNs wants the .p8 file from Apple: an EC P-256 private key in PKCS#8 PEM.`, {
      field: 'privateKey',
      cause,
    });
  }
}

/** Reads the key of an APNs credential. @throws InvalidPrivateKeyError which says what was found instead. */
export function assertApnsPrivateKey(pem: string): KeyObject {
  if (!pem.includes('-----BEGIN PRIVATE KEY-----')) {
    throw new InvalidPrivateKeyError('The key does not begin with "-----BEGIN PRIVATE KEY-----"');
  }
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch (cause) {
    throw new InvalidPrivateKeyError('The key cannot be parsed', cause);
  }
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  if (type !== 'ec') throw new InvalidPrivateKeyError(`The key is of type ${type ?? 'unknown'}`);
  if (details?.namedCurve !== 'prime256v1') {
    throw new InvalidPrivateKeyError(`The key's curve is ${details?.namedCurve ?? 'unknown'}`);
  }
  return key;
}
