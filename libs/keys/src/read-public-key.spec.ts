import 'reflect-metadata';
import { createPublicKey, generateKeyPairSync, type KeyObject, webcrypto } from 'node:crypto';
import { X509CertificateGenerator } from '@peculiar/x509';
import { InvalidKeyError } from './keys.errors';
import { readPublicKey } from './read-public-key';

const now = new Date('2026-11-21T12:00:00Z');
const hourMs = 3_600_000;

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const pem = (key: KeyObject, type: 'spki' | 'pkcs1') =>
  key.export({ type, format: 'pem' }).toString();
const spki = pem(rsa.publicKey, 'spki');

/** A key of any size and exponent, without the pair that would take long to make. */
function keyOf(bits: number, exponent: readonly number[]): string {
  const n = Buffer.alloc(bits / 8, 0xa5);
  const jwk = {
    kty: 'RSA',
    n: n.toString('base64url'),
    e: Buffer.from(exponent).toString('base64url'),
  };
  return pem(createPublicKey({ key: jwk, format: 'jwk' }), 'spki');
}

async function certificate(fromMs: number, toMs: number): Promise<string> {
  const algorithm = {
    name: 'RSASSA-PKCS1-v1_5',
    hash: 'SHA-256',
    modulusLength: 2048,
    publicExponent: new Uint8Array([1, 0, 1]),
  };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const made = await X509CertificateGenerator.createSelfSigned({
    serialNumber: '01',
    name: 'CN=crm',
    notBefore: new Date(now.getTime() + fromMs),
    notAfter: new Date(now.getTime() + toMs),
    keys,
    signingAlgorithm: algorithm,
  });
  return `${made.toString('pem')}\n`;
}

function refusalOf(text: string): InvalidKeyError {
  try {
    readPublicKey(text, 'publicKey', now);
  } catch (error) {
    if (error instanceof InvalidKeyError) return error;
    throw error;
  }
  throw new Error('It was taken');
}

describe('a public key that is read', () => {
  const { fingerprint } = readPublicKey(spki, 'publicKey', now);

  it.each([
    { form: 'SPKI', text: spki, source: 'spki' },
    { form: 'PKCS#1', text: pem(rsa.publicKey, 'pkcs1'), source: 'pkcs1' },
    { form: 'CRLF', text: spki.replaceAll('\n', '\r\n'), source: 'spki' },
    { form: 'a byte order mark', text: `\ufeff${spki}`, source: 'spki' },
    { form: '\\n for line feeds', text: spki.replaceAll('\n', '\\n'), source: 'spki' },
    { form: 'quotes', text: JSON.stringify(spki), source: 'spki' },
    { form: 'one line', text: spki.replaceAll('\n', ' '), source: 'spki' },
    { form: 'no label', text: spki.replace(/-----[^\n]*-----\n/g, ''), source: 'spki' },
    { form: 'base64', text: Buffer.from(spki).toString('base64'), source: 'spki' },
    { form: 'no newline at the end', text: spki.trimEnd(), source: 'spki' },
    { form: 'blank lines around', text: `\n\n${spki}\n\n`, source: 'spki' },
    {
      form: 'bag attributes before',
      text: `Bag Attributes\n    friendlyName: crm\nKey Attributes: <No Attributes>\n${spki}`,
      source: 'spki',
    },
  ])('has one fingerprint and one stored form: $form', ({ text, source }) => {
    const read = readPublicKey(text, 'publicKey', now);
    expect(read).toMatchObject({ source, fingerprint, publicKey: spki });
    expect(fingerprint).toMatch(/^[0-9a-f]{64}$/);
  });

  it('brings the dates of its certificate', async () => {
    const text = `Bag Attributes\n${await certificate(-hourMs, hourMs)}`;
    expect(readPublicKey(text, 'publicKey', now)).toMatchObject({
      source: 'x509',
      notBefore: new Date(now.getTime() - hourMs),
      notAfter: new Date(now.getTime() + hourMs),
    });
  });

  it('may be of a certificate that is not valid yet', async () => {
    const text = await certificate(hourMs, 2 * hourMs);
    expect(readPublicKey(text, 'publicKey', now).source).toBe('x509');
  });

  it.each([
    { bits: 2048, exponent: [1, 0, 1] },
    { bits: 8192, exponent: [1, 0, 1] },
    { bits: 2048, exponent: [1, 0, 3] },
  ])('may have $bits bits and the exponent $exponent', ({ bits, exponent }) => {
    expect(readPublicKey(keyOf(bits, exponent), 'publicKey', now).source).toBe('spki');
  });
});

describe('an upload that is refused', () => {
  const pkcs8 = rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const pkcs1 = rsa.privateKey.export({ type: 'pkcs1', format: 'pem' }).toString();
  const encrypted = rsa.privateKey
    .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'secret' })
    .toString();

  it.each([
    { what: 'PKCS#8', text: pkcs8 },
    { what: 'PKCS#1', text: pkcs1 },
    { what: 'EC', text: ec.privateKey.export({ type: 'sec1', format: 'pem' }).toString() },
    { what: 'encrypted PKCS#8', text: encrypted },
    { what: 'OpenSSH', text: pkcs8.replaceAll('PRIVATE KEY', 'OPENSSH PRIVATE KEY') },
    { what: 'one beside its public key', text: spki + pkcs8 },
    { what: 'one under the label of a public key', text: pkcs1.replaceAll('PRIVATE', 'PUBLIC') },
    { what: 'a JWK', text: JSON.stringify(rsa.privateKey.export({ format: 'jwk' })) },
    { what: 'one on one line', text: pkcs8.replaceAll('\n', '\\n') },
    { what: 'one without a label', text: pkcs8.replace(/-----[^\n]*-----\n/g, '') },
    { what: 'a PEM file in base64', text: Buffer.from(pkcs8).toString('base64') },
  ])('as a private key says that the pair must be replaced: $what', ({ text }) => {
    const { message, field } = refusalOf(text);
    expect(field).toBe('publicKey');
    expect(message).toMatch(/^publicKey .*private.*not stored.*new/s);
    expect(message).not.toContain(text.slice(60, 90));
  });

  it.each([
    { what: 'empty', text: '', says: /PEM/ },
    { what: 'blank', text: ' \r\n ', says: /PEM/ },
    { what: 'garbage', text: 'hunter2', says: /PEM/ },
    { what: 'two keys', text: spki + spki, says: /several|blocks/ },
    { what: 'more than 16 KiB', text: `${'x'.repeat(16_384)}\n${spki}`, says: /16/ },
    {
      what: 'a public JWK',
      text: JSON.stringify(rsa.publicKey.export({ format: 'jwk' })),
      says: /PEM/,
    },
    { what: 'an EC key', text: pem(ec.publicKey, 'spki'), says: /RS256/ },
    {
      what: 'an RSA-PSS key',
      text: pem(generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).publicKey, 'spki'),
      says: /RS256/,
    },
    { what: 'an RSA key of 1024 bits', text: keyOf(1024, [1, 0, 1]), says: /1024/ },
    { what: 'an RSA key of 8200 bits', text: keyOf(8200, [1, 0, 1]), says: /8200/ },
    { what: 'the exponent 3', text: keyOf(2048, [3]), says: /exponent/ },
    { what: 'an even exponent', text: keyOf(2048, [1, 0, 2]), says: /exponent/ },
    {
      what: 'a broken body',
      text: '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n',
      says: /./,
    },
    { what: 'no end', text: spki.slice(0, 200), says: /./ },
    {
      what: 'a request for a certificate',
      text: spki.replaceAll('PUBLIC KEY', 'CERTIFICATE REQUEST'),
      says: /PEM/,
    },
    {
      what: 'a certificate that is none',
      text: spki.replaceAll('PUBLIC KEY', 'CERTIFICATE'),
      says: /./,
    },
  ])('says what is wrong with it and does not show it: $what', ({ text, says }) => {
    const { message, field } = refusalOf(text);
    expect(field).toBe('publicKey');
    expect(message).toMatch(says);
    expect(message).not.toContain('hunter2');
    expect(message.length).toBeLessThan(300);
  });

  it.each([
    { what: 'expired', fromMs: -2 * hourMs, toMs: -hourMs, says: /expired/ },
    { what: 'ends before it begins', fromMs: 2 * hourMs, toMs: hourMs, says: /begins/ },
  ])('is a certificate that $what', async ({ fromMs, toMs, says }) => {
    expect(refusalOf(await certificate(fromMs, toMs)).message).toMatch(says);
  });

  it('is a chain of certificates', async () => {
    const text = await certificate(-hourMs, hourMs);
    expect(refusalOf(text + text).message).toMatch(/several|blocks/);
  });
});
