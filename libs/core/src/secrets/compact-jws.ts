import { type KeyObject, sign } from 'node:crypto';
import { promisify } from 'node:util';

const signAsync = promisify(sign);
const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');

interface JwsHeader {
  /** The algorithm of the key: RS256 of an RSA key, ES256 of one of the curve P-256. */
  readonly alg: 'RS256' | 'ES256';
  readonly typ?: string;
  readonly kid?: string;
}

/** Signs claims as a compact JWS (RFC 7515 §7.1), aside from the event loop. @param key is private */
export async function compactJws(
  header: JwsHeader,
  claims: object,
  key: KeyObject,
): Promise<string> {
  const content = `${encode(header)}.${encode(claims)}`;
  // JWS wants the two numbers of an elliptic signature side by side (RFC 7518 §3.4); RSA has nothing to encode.
  const signer = { key, dsaEncoding: 'ieee-p1363' } as const;
  const signature = await signAsync('sha256', Buffer.from(content), signer);
  return `${content}.${signature.toString('base64url')}`;
}
