import { createHash, sign, type KeyObject } from 'node:crypto';
import type { ApnsCredential } from './apns.gateway';
import { assertApnsPrivateKey } from './apns-private-key';

const minute = 60_000;
/** Apple refuses a token after 60 minutes. */
const refreshAfterMs = 50 * minute;
/** Apple answers TooManyProviderTokenUpdates to a team that changes its token more often. */
export const minTokenAgeMs = 20 * minute;

const shared = new Map<string, ProviderToken>();

/**
 * The JWT by which APNs knows us, one for all gateways of a process with the same team and key.
 * Signing is synchronous (50 µs), so however many requests want a token at once, one is minted.
 * gateways.md §4.1 "Provider token".
 */
export class ProviderToken {
  private jwt: string | undefined;
  private mintedAt = 0;

  private constructor(
    private readonly teamId: string,
    private readonly keyId: string,
    private readonly key: KeyObject,
  ) {}

  /** @throws InvalidPrivateKeyError */
  static of({ teamId, keyId, privateKey }: ApnsCredential): ProviderToken {
    const key = assertApnsPrivateKey(privateKey);
    const der = key.export({ type: 'pkcs8', format: 'der' });
    // With the key in the name, a corrected key counts at once.
    const name = [teamId, keyId, createHash('sha256').update(der).digest('base64')].join('/');
    const token = shared.get(name) ?? new ProviderToken(teamId, keyId, key);
    shared.set(name, token);
    return token;
  }

  /** The token to use now. */
  current(now: Date): string {
    const age = now.getTime() - this.mintedAt;
    return this.jwt === undefined || age >= refreshAfterMs ? this.mint(now) : this.jwt;
  }

  /** The token to use after APNs found `rejected` too old, or undefined when it is too early for a new one. */
  renew(rejected: string, now: Date): string | undefined {
    if (this.jwt !== rejected) return this.current(now);
    return now.getTime() - this.mintedAt < minTokenAgeMs ? undefined : this.mint(now);
  }

  private mint(now: Date): string {
    const header = { alg: 'ES256', kid: this.keyId };
    const claims = { iss: this.teamId, iat: Math.floor(now.getTime() / 1000) };
    const content = [header, claims]
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.');
    const signature = sign('sha256', Buffer.from(content), {
      key: this.key,
      dsaEncoding: 'ieee-p1363',
    });
    this.mintedAt = now.getTime();
    this.jwt = `${content}.${signature.toString('base64url')}`;
    return this.jwt;
  }
}
