import { constants, createHash, type KeyObject, verify } from 'node:crypto';
import { InvalidLoginError } from './service-accounts.errors';

/** The path where service accounts log in, at the origin of `Config.publicUrl`. */
export const loginPath = '/auth/token';

/** How far the clock of a signer may be off. */
const skewSeconds = 60;

const form =
  /^t=(?<time>\d{1,11}),n=(?<nonce>[A-Za-z0-9._~+/=-]{8,128}),s=(?<signature>[A-Za-z0-9+/]{300,1400}={0,2})$/;

/** The header X-Signature of a login, our own: it proves that its sender has the private key. */
export class RequestSignature {
  private constructor(
    /** Seconds since 1970, from `t`. */
    private readonly time: number,
    readonly nonce: string,
    private readonly signature: Buffer,
    private readonly signed: Buffer,
  ) {}

  /** @param body as it was received, byte for byte @throws InvalidLoginError */
  static read(header: string, body: Buffer): RequestSignature {
    const { time, nonce, signature } = form.exec(header)?.groups ?? {};
    if (time === undefined || nonce === undefined || signature === undefined) {
      throw new InvalidLoginError('X-Signature', 'wants t=<seconds>,n=<nonce>,s=<base64>');
    }
    const digest = createHash('sha256').update(body).digest('hex');
    const signed = Buffer.from(`POST\n${loginPath}\n${time}\n${nonce}\n${digest}`);
    return new RequestSignature(Number(time), nonce, Buffer.from(signature, 'base64'), signed);
  }

  isTimely(now: Date): boolean {
    return Math.abs(now.getTime() / 1000 - this.time) <= skewSeconds;
  }

  /** When no process's clock takes the signature any more, so that its nonce may be forgotten. */
  get forgettableAt(): Date {
    return new Date((this.time + 2 * skewSeconds) * 1000);
  }

  /** Verifies RSA-PSS with SHA-256 and a salt of any length: libraries differ in their default. RFC 8017 §8.1 */
  isBy(key: KeyObject): boolean {
    const { RSA_PKCS1_PSS_PADDING: padding, RSA_PSS_SALTLEN_AUTO: saltLength } = constants;
    return verify('sha256', this.signed, { key, padding, saltLength }, this.signature);
  }
}
