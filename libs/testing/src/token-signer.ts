import { createPublicKey, type KeyObject, randomUUID, sign } from 'node:crypto';
import { rsaKey } from './rsa-keys';

/** A caller with a key pair of his own, as a customer's back end is. */
export class TokenSigner {
  private constructor(
    readonly privateKey: KeyObject,
    /** The public key as SPKI in PEM, to be uploaded. */
    readonly publicKey: string,
  ) {}

  /** @param privateKey one that no other caller of this test file has, unless it is given */
  static create(privateKey = rsaKey()): TokenSigner {
    const publicKey = createPublicKey(privateKey).export({ type: 'spki', format: 'pem' });
    return new TokenSigner(privateKey, publicKey.toString());
  }

  /** Signs with RS256, whatever the header says. */
  sign(claims: object, header: object = {}): string {
    const parts = [{ alg: 'RS256', typ: 'JWT', ...header }, claims];
    const signed = parts
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.');
    return `${signed}.${sign('sha256', Buffer.from(signed), this.privateKey).toString('base64url')}`;
  }

  /**
   * Signs an assertion as Xtremepush's documentation makes it, good for five minutes.
   * @param claims go over the usual ones
   */
  assertion(clientId: string, claims: object = {}, header: object = {}): string {
    const iat = Math.floor(Date.now() / 1000);
    const usual = { iss: clientId, sub: clientId, iat, exp: iat + 300, jti: randomUUID() };
    return this.sign({ ...usual, ...claims }, header);
  }
}
