import type { KeyObject } from 'node:crypto';
import type { PublicKey } from './public-key.entity';

/** What an uploaded text holds. */
export interface ReadKey {
  readonly key: KeyObject;
  readonly source: PublicKey['source'];
  /** SPKI in PEM. */
  readonly publicKey: string;
  readonly fingerprint: string;
  /** Of a certificate. */
  readonly notBefore?: Date;
  readonly notAfter?: Date;
}

/** @param field the name of the input, for the error @throws InvalidKeyError */
export function readPublicKey(_text: string, _field: string, _now: Date): ReadKey {
  throw new Error('Not yet');
}
