import { createHash, randomInt } from 'node:crypto';
import { crc32 } from 'node:zlib';

const letters = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** 36 letters of 62 are 214 bits, of which the shown ones leave 166. */
const secretLetters = 36;
const checksumLetters = 6;
const shownLetters = 8;

const form = new RegExp(`^ck_[0-9A-Za-z]{${secretLetters + checksumLetters}}$`);
const within = new RegExp(`ck_[0-9A-Za-z]{${secretLetters + checksumLetters}}`, 'g');

/** The form of what is shown of an API key. */
export const apiKeyPrefixForm = new RegExp(`^ck_[0-9A-Za-z]{${shownLetters}}$`);

/** What may be stored of an API key. */
export interface ApiKeyTraces {
  /** SHA-256 of the whole key in hexadecimal. */
  readonly hash: string;
  /** `ck_` and the first letters, by which people tell keys apart. */
  readonly prefix: string;
}

/**
 * Makes an API key: `ck_`, 36 random letters and digits, and 6 that are the CRC-32 of those before. Programs that look
 * for secrets in places where they don't belong find it by its form, and are not misled by what only looks like it; and
 * a key that was cut or mistyped is refused without a look into the database.
 */
export function newApiKey(): string {
  const random = Array.from({ length: secretLetters }, () => letters[randomInt(letters.length)]);
  const start = `ck_${random.join('')}`;
  return start + checksumOf(start);
}

/** Tells an API key from what else may be a bearer token. It may be a bad one. */
export const isLikeApiKey = (text: string) => text.startsWith('ck_');

/** Tells whether a text has the form of an API key, with the right checksum. */
export function isApiKey(text: string): boolean {
  return form.test(text) && text.slice(-checksumLetters) === checksumOf(text.slice(0, -6));
}

/** Tells whether there is an API key in a text. */
export const holdsApiKey = (text: string) => (text.match(within) ?? []).some(isApiKey);

/** Returns a text in which no more of an API key stands than may be shown. */
export const withoutApiKeys = (text: string) =>
  text.replace(within, (key) => `${tracesOf(key).prefix}…`);

/**
 * Returns what may be stored of a key. A key is random, not chosen by people: who has its SHA-256 can't guess it, so none
 * of the slow hashes of passwords is needed, and a key is found by its hash. How long that takes tells a stranger at most
 * about the hash of what he sent, from which he gets no nearer to a key.
 */
export const tracesOf = (key: string): ApiKeyTraces => ({
  hash: createHash('sha256').update(key).digest('hex'),
  prefix: key.slice(0, 'ck_'.length + shownLetters),
});

function checksumOf(text: string): string {
  let rest = crc32(text);
  let written = '';
  for (let place = 0; place < checksumLetters; place++) {
    written = letters.charAt(rest % letters.length) + written;
    rest = Math.floor(rest / letters.length);
  }
  return written;
}
