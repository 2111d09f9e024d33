import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '@app/core';
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';

/** What a TLS server presents and what its clients must trust, all PEM. */
export interface TlsIdentity {
  readonly key: string;
  readonly cert: string;
  readonly ca: string;
}

/** Every name that push code may dial, so that only the address has to be redirected. */
const hosts = [
  'localhost',
  'simulator', // beside it in a network of containers
  'api.push.apple.com',
  'api.sandbox.push.apple.com',
  'fcm.googleapis.com',
  'oauth2.googleapis.com',
  'www.googleapis.com',
];
const addresses = ['127.0.0.1', '::1'];

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const dayMs = 24 * 60 * 60 * 1000;
/** The life of the leaf, less than the 825 days that Apple's platforms accept of a private CA's. */
const lifetimeDays = 800;

/** Makes a small CA and a leaf for the gateways' names. The CA's key is thrown away: it signs nothing else. */
export async function createTlsIdentity(clock: Clock): Promise<TlsIdentity> {
  const notBefore = new Date(clock.now().getTime() - dayMs);
  const notAfter = new Date(notBefore.getTime() + lifetimeDays * dayMs);
  const caKeys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const leafKeys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);

  const ca = await X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: 'CN=Carillon simulator CA',
    notBefore,
    notAfter,
    keys: caKeys,
    signingAlgorithm: algorithm,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(caKeys.publicKey),
    ],
  });
  const leaf = await X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: 'CN=Carillon simulator',
    issuer: ca.subject,
    notBefore,
    notAfter,
    publicKey: leafKeys.publicKey,
    signingKey: caKeys.privateKey,
    signingAlgorithm: algorithm,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
      new SubjectAlternativeNameExtension([
        ...hosts.map((value) => ({ type: 'dns' as const, value })),
        ...addresses.map((value) => ({ type: 'ip' as const, value })),
      ]),
    ],
  });
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', leafKeys.privateKey);
  return {
    key: `${PemConverter.encode(pkcs8, 'PRIVATE KEY')}\n`,
    cert: `${leaf.toString('pem')}\n`,
    ca: `${ca.toString('pem')}\n`,
  };
}

/** Reuses the identity in `directory`, so that clients keep trusting it over restarts; makes a new one near its end. */
export async function loadTlsIdentity(directory: string, clock: Clock): Promise<TlsIdentity> {
  const paths = {
    key: join(directory, 'simulator.key.pem'),
    cert: join(directory, 'simulator.cert.pem'),
    ca: caPath(directory),
  };
  if (Object.values(paths).every((path) => existsSync(path))) {
    const stored = {
      key: readFileSync(paths.key, 'utf8'),
      cert: readFileSync(paths.cert, 'utf8'),
      ca: readFileSync(paths.ca, 'utf8'),
    };
    const remainingMs = new X509Certificate(stored.cert).notAfter.getTime() - clock.now().getTime();
    if (remainingMs > 30 * dayMs) return stored;
  }
  const identity = await createTlsIdentity(clock);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  writeFileSync(paths.key, identity.key, { mode: 0o600 });
  writeFileSync(paths.cert, identity.cert);
  writeFileSync(paths.ca, identity.ca);
  return identity;
}

/** Returns the path of the file that clients name as their CA. */
export function caPath(directory: string): string {
  return join(directory, 'simulator.ca.pem');
}

/** Makes a positive number, as X.509 asks: the leading 01 keeps the sign bit clear. */
function serialNumber(): string {
  return `01${Buffer.from(webcrypto.getRandomValues(new Uint8Array(15))).toString('hex')}`;
}
