import { createHash, createPublicKey, type KeyObject, X509Certificate } from 'node:crypto';
import { pemText } from '@app/core';
import { holdsPrivateKey } from './holds-private-key';
import { InvalidKeyError } from './keys.errors';
import type { PublicKey } from './public-key.entity';

/** The key in an uploaded text. */
export interface ReadKey {
  readonly key: KeyObject;
  readonly source: PublicKey['source'];
  /** The key as SPKI in PEM. */
  readonly publicKey: string;
  /** SHA-256 of the SPKI's DER, in hexadecimal: the same however the key was written down. */
  readonly fingerprint: string;
  /** When the key becomes good; only a certificate says that. */
  readonly notBefore?: Date;
  readonly notAfter?: Date;
}

const largestText = 16_384;
const smallestModulusBits = 2048;
const largestModulusBits = 8192;
const smallestExponent = 65_537n;

/** Forms of keys by the labels of their PEM blocks (RFC 7468). */
const sources: ReadonlyMap<string, PublicKey['source']> = new Map([
  ['CERTIFICATE', 'x509'],
  ['X509 CERTIFICATE', 'x509'],
  ['PUBLIC KEY', 'spki'],
  ['RSA PUBLIC KEY', 'pkcs1'],
]);

const wanted = 'wants a certificate or an RSA public key in PEM';

/**
 * Reads a public key and skips text around its block, as `openssl pkcs12` writes it. Node itself would take a private
 * key and derive its public half, take the first of several blocks, and mind neither sizes nor dates.
 * @param field the name of the input, for the error
 * @throws InvalidKeyError
 */
export function readPublicKey(given: string, field: string, now: Date): ReadKey {
  const refuse = (wants: string) => new InvalidKeyError(field, wants);
  if (given.length > largestText) throw refuse(`wants at most ${largestText} characters`);
  const text = pemText(given, 'PUBLIC KEY');
  const labels = [...text.matchAll(/-----BEGIN ([^-\r\n]*)-----/g)].map(([, label = '']) => label);
  if (holdsPrivateKey(given) || holdsPrivateKey(text)) {
    throw refuse(
      'wants a public key, and this is a private one. It was not stored; since it has left its place, make a new pair and use that',
    );
  }
  const [label = '', another] = labels;
  if (another !== undefined) throw refuse('wants one key; there are several PEM blocks');
  const source = sources.get(label);
  if (source === undefined) throw refuse(wanted);
  const { key, ...dates } = parse(text, source) ?? {};
  if (key === undefined) throw refuse(`${wanted}; this one can't be read`);
  for (const problem of problemsOf(key, dates, now)) throw refuse(problem);
  return {
    key,
    source,
    publicKey: key.export({ type: 'spki', format: 'pem' }).toString(),
    fingerprint: fingerprintOf(key),
    ...dates,
  };
}

/** SHA-256 of the SPKI's DER, in hexadecimal. */
export function fingerprintOf(key: KeyObject): string {
  return createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('hex');
}

interface Dates {
  readonly notBefore?: Date;
  readonly notAfter?: Date;
}

function parse(
  text: string,
  source: PublicKey['source'],
): ({ readonly key: KeyObject } & Dates) | undefined {
  const block = /-----BEGIN [^]*?-----END [^\r\n]*-----/.exec(text)?.[0];
  if (block === undefined) return undefined;
  try {
    if (source !== 'x509') return { key: createPublicKey(block) };
    const { publicKey, validFrom, validTo } = new X509Certificate(block);
    const [notBefore, notAfter] = [new Date(validFrom), new Date(validTo)];
    if (Number.isNaN(notBefore.getTime() + notAfter.getTime())) return undefined;
    return { key: publicKey, notBefore, notAfter };
  } catch {
    return undefined;
  }
}

/** Says what is wrong with a key that can be read, or is stored already. */
export function* problemsOf(
  key: KeyObject,
  { notBefore, notAfter }: Dates,
  now: Date,
): Iterable<string> {
  if (key.asymmetricKeyType !== 'rsa') {
    yield `wants an RSA key, for RS256; this one is ${key.asymmetricKeyType ?? 'secret'}`;
    return;
  }
  const { modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {};
  if (modulusLength < smallestModulusBits || modulusLength > largestModulusBits) {
    yield `wants ${smallestModulusBits} to ${largestModulusBits} bits; this key has ${modulusLength}`;
  }
  if (publicExponent < smallestExponent || publicExponent % 2n === 0n) {
    yield `wants an odd public exponent of at least ${smallestExponent.toString()}`;
  }
  if (notBefore !== undefined && notAfter !== undefined && notAfter <= notBefore) {
    yield 'wants a certificate that ends after it begins';
  }
  if (notAfter !== undefined && notAfter <= now) {
    yield `wants a certificate that is not expired; this one ended at ${notAfter.toISOString()}`;
  }
}
