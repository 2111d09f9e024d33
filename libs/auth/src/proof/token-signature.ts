import { constants, createHmac, type KeyObject, timingSafeEqual, verify } from 'node:crypto';
import type { TokenPolicy } from './token-policy';

type Check = (key: KeyObject, signed: Buffer, signature: Buffer) => boolean;

/** Each algorithm takes only its own kind of key, or a public key could serve as a shared secret. RFC 8725 §3.1 */
export const signatureChecks: Readonly<Record<TokenPolicy['algorithm'], Check>> = {
  RS256: (key, signed, signature) => {
    if (key.type !== 'public' || key.asymmetricKeyType !== 'rsa') return false;
    if ((key.asymmetricKeyDetails?.modulusLength ?? 0) < 2048) return false;
    return verify('sha256', signed, { key, padding: constants.RSA_PKCS1_PADDING }, signature);
  },
  HS256: (key, signed, signature) => {
    if (key.type !== 'secret') return false;
    const expected = createHmac('sha256', key).update(signed).digest();
    return expected.length === signature.length && timingSafeEqual(expected, signature);
  },
};
