import { createPrivateKey } from 'node:crypto';

/**
 * Tells whether someone sent the half that he should have kept: as PEM of any kind (also OpenSSH's and encrypted ones),
 * as a JWK, as a PEM file in base64, which PaymentsGate's credentials.json has, or under the label of a public key.
 */
export function holdsPrivateKey(text: string): boolean {
  const decoded = Buffer.from(text, 'base64').toString('latin1');
  if ([text, decoded].some((form) => /-----(BEGIN|END) [^-]*PRIVATE KEY/.test(form))) return true;
  if (/^\s*\{/.test(text)) return /"d"\s*:/.test(text);
  const [, body] = /-----BEGIN [^-]*-----([^-]*)-----END/.exec(text) ?? [];
  return body !== undefined && isPrivateKey(Buffer.from(body, 'base64'));
}

function isPrivateKey(der: Buffer): boolean {
  return (['pkcs8', 'pkcs1', 'sec1'] as const).some((type) => {
    try {
      return createPrivateKey({ key: der, format: 'der', type }).type === 'private';
    } catch {
      return false;
    }
  });
}
