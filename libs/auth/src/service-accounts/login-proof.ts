import { timingSafeEqual } from 'node:crypto';
import { readPublicKey, type UsableKey } from '@app/keys';
import { RequestSignature } from './request-signature';
import { accountIdForm } from './service-account-checks';
import { InvalidLoginError } from './service-accounts.errors';

/** A request to /auth/token. */
export interface LoginAttempt {
  readonly accountId: string;
  /** Base64 of a PEM file. */
  readonly publicKey?: string | undefined;
  /** The assertion of RFC 7523 §2.2. */
  readonly clientAssertion?: string | undefined;
  /** The text of the header X-Signature. */
  readonly signatureHeader?: string | undefined;
  /** The body as it was received, byte for byte. */
  readonly rawBody: Buffer;
  readonly address: string | undefined;
  readonly userAgent: string | undefined;
}

/** What an attempt shows, well formed but unproven. `fingerprint` names the key, in hexadecimal. */
export type LoginProof =
  | { readonly kind: 'public_key'; readonly fingerprint: string }
  | {
      readonly kind: 'signature';
      readonly fingerprint: string;
      readonly signature: RequestSignature;
    }
  | {
      readonly kind: 'client_assertion';
      readonly fingerprint: string | undefined;
      readonly assertion: string;
    };

const largestKeyBytes = 8192;

/** Stands in where there is no key, so that comparing takes as long. */
const nobodysFingerprint = '0'.repeat(64);

/** @throws InvalidLoginError, InvalidKeyError, whatever account the attempt names */
export function readProof(attempt: LoginAttempt, now: Date): LoginProof {
  const { accountId, publicKey, clientAssertion, signatureHeader, rawBody } = attempt;
  if (!accountIdForm.test(accountId)) {
    throw new InvalidLoginError('account_id', 'wants 1 to 64 letters, digits or dashes');
  }
  const fingerprint = publicKey === undefined ? undefined : fingerprintOf(publicKey, now);
  if (clientAssertion !== undefined) {
    if (signatureHeader === undefined) {
      return { kind: 'client_assertion', fingerprint, assertion: clientAssertion };
    }
    throw new InvalidLoginError('client_assertion', 'does not go with X-Signature: send one proof');
  }
  if (fingerprint === undefined) {
    throw new InvalidLoginError('public_key', 'is missing');
  }
  if (signatureHeader === undefined) return { kind: 'public_key', fingerprint };
  const signature = RequestSignature.read(signatureHeader, rawBody);
  return { kind: 'signature', fingerprint, signature };
}

/** Finds a key by comparing with each, and with one of nobody, in a time that tells nothing. */
export function keyNamed(fingerprint: string, keys: readonly UsableKey[]): UsableKey | undefined {
  const shown = Buffer.from(fingerprint);
  timingSafeEqual(shown, Buffer.from(nobodysFingerprint));
  let named: UsableKey | undefined;
  for (const key of keys) {
    if (timingSafeEqual(shown, Buffer.from(key.fingerprint))) named = key;
  }
  return named;
}

/** Gives one key one fingerprint in all its spellings: line ends, comments before it, SPKI, PKCS#1, a certificate. */
function fingerprintOf(base64: string, now: Date): string {
  const pem = Buffer.from(base64, 'base64');
  // Node's decoder skips what it does not know.
  if (pem.length === 0 || pem.toString('base64') !== base64) {
    throw new InvalidLoginError('public_key', 'wants the base64 of a PEM file');
  }
  if (pem.length > largestKeyBytes) {
    throw new InvalidLoginError('public_key', `wants at most ${largestKeyBytes} bytes`);
  }
  return readPublicKey(pem.toString('utf8'), 'public_key', now).fingerprint;
}
