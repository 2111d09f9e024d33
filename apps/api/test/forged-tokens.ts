import {
  constants,
  createHmac,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
} from 'node:crypto';
import { newRsaKey, rsaKey as readyRsaKey } from '@app/testing/rsa-keys';

/** A token as whoever may make it makes it: an attack changes one thing of it. */
export interface Genuine {
  readonly header: Readonly<Record<string, unknown>>;
  readonly claims: Readonly<Record<string, unknown>>;
  /** A private RSA key, or a shared secret. */
  readonly key: KeyObject;
}

/** What is different. A member that is undefined is left out; text and bytes stand for the whole part. */
export interface Forgery {
  readonly header?: object | string;
  readonly claims?: object | string | Buffer;
  readonly sign?: Signer;
}

export type Signer = (signed: Buffer) => Buffer;

/** Makes any JWS in compact form, however wrong. With nothing changed it is genuine. */
export function forge({ header, claims, key }: Genuine, forgery: Forgery = {}): string {
  const parts = [partOf(header, forgery.header), partOf(claims, forgery.claims)];
  const [head = '', payload = ''] = parts.map((part) => part.toString('base64url'));
  return signed(head, payload, forgery.sign ?? signerOf(key));
}

/** Signs parts that are encoded already, however badly. */
export function signed(head: string, payload: string, signer: Signer): string {
  const text = `${head}.${payload}`;
  return `${text}.${signer(Buffer.from(text)).toString('base64url')}`;
}

/** One claim or member of a header as raw JSON, which JSON.stringify would not write. */
export function withRaw(part: object, name: string, json: string): string {
  const marked = JSON.stringify({ ...part, [name]: '\u0001' });
  return marked.replace(JSON.stringify('\u0001'), json);
}

function partOf(genuine: object, forged: object | string | Buffer = {}): Buffer {
  if (typeof forged === 'string' || Buffer.isBuffer(forged)) return Buffer.from(forged as string);
  return Buffer.from(JSON.stringify({ ...genuine, ...forged }));
}

/** Returns what signs with RS256 or HS256, whichever the key is for. */
export const signerOf = (key: KeyObject): Signer =>
  key.type === 'secret' ? hmac('sha256', key) : rsa('sha256', key);

export const nobody: Signer = () => Buffer.alloc(0);

export const rsa =
  (hash: string, key: KeyObject): Signer =>
  (text) =>
    sign(hash, text, key);

export const pss =
  (hash: string, key: KeyObject): Signer =>
  (text) =>
    sign(hash, text, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 });

export const curve =
  (hash: string | null, key: KeyObject): Signer =>
  (text) =>
    sign(hash, text, { key, dsaEncoding: 'ieee-p1363' });

export const hmac =
  (hash: string, key: KeyObject | string | Buffer): Signer =>
  (text) =>
    createHmac(hash, key).update(text).digest();

/** @param bits 2048 where absent, then a ready one */
export const rsaKey = (bits?: number) => (bits === undefined ? readyRsaKey() : newRsaKey(bits));

export const curveKey = (namedCurve: string) =>
  generateKeyPairSync('ec', { namedCurve }).privateKey;

export const edwardsKey = () => generateKeyPairSync('ed25519').privateKey;

/** Returns the public key as SPKI in PEM, as it is uploaded. */
export const publicPem = (key: KeyObject) =>
  createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString();

/** Returns a text in the other case, letter by letter. */
export const flipped = (text: string) =>
  text.replace(/[a-z]/gi, (letter) =>
    letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase(),
  );

export const now = () => Math.floor(Date.now() / 1000);

/** An attack: what is wrong, and how it is made of a genuine token. */
export type Attack = readonly [what: string, make: (genuine: Genuine) => string];

/** Makes an attack that forges as it says. */
export const changed =
  (forgery: Forgery | ((genuine: Genuine) => Forgery)): Attack[1] =>
  (genuine) =>
    forge(genuine, typeof forgery === 'function' ? forgery(genuine) : forgery);

/** A key of somebody else. */
export const foreign = newRsaKey();
