import { createHash, createPrivateKey, type KeyObject } from 'node:crypto';
import { type Clock, compactJws } from '@app/core';
import type { ApnsCredential } from './apns-credential';
import { parseObject } from '../gateway/json';
import type { ProviderTokenStore } from '../gateway/provider-token-store';

const minute = 60_000;
/** The age at which a token is renewed: Apple refuses it after 60 minutes. */
const refreshAfterMs = 50 * minute;
/** The least age of a token that is replaced: Apple answers TooManyProviderTokenUpdates to a team that is quicker. */
export const minTokenAgeMs = 20 * minute;

const shared = new Map<string, ProviderToken>();

/**
 * Holds the JWT by which APNs knows us, one for all gateways of a process with the same team and key, and with a store
 * one for all processes. However many requests want a new one at once, one is minted. Apple's "Establishing a
 * token-based connection to APNs": it is refused after an hour, and so are new ones within 20 minutes.
 */
export class ProviderToken {
  private jwt: string | undefined;
  private mintedAt = 0;
  private loading: Promise<string> | undefined;

  private constructor(
    private readonly name: string,
    private readonly credential: ApnsCredential,
    private readonly key: KeyObject,
    private readonly clock: Clock,
    private readonly store: ProviderTokenStore | undefined,
  ) {}

  static of(credential: ApnsCredential, clock: Clock, store?: ProviderTokenStore): ProviderToken {
    const key = createPrivateKey(credential.privateKey);
    const der = key.export({ type: 'pkcs8', format: 'der' });
    // With the key in the name, a corrected key counts at once.
    const fingerprint = createHash('sha256').update(der).digest('base64url');
    const name = [credential.teamId, credential.keyId, fingerprint].join('/');
    const token = shared.get(name) ?? new ProviderToken(name, credential, key, clock, store);
    shared.set(name, token);
    return token;
  }

  /** Returns the token to use now; a promise only when it must be fetched or minted. */
  current(): string | Promise<string> {
    const now = this.clock.now().getTime();
    return this.jwt !== undefined && now - this.mintedAt < refreshAfterMs
      ? this.jwt
      : this.load(refreshAfterMs);
  }

  /** Returns the token to use after APNs found `rejected` too old; undefined when it is too early for a new one. */
  async renew(rejected: string): Promise<string | undefined> {
    if (this.jwt !== rejected) return this.current();
    const age = this.clock.now().getTime() - this.mintedAt;
    return age < minTokenAgeMs ? undefined : this.load(minTokenAgeMs);
  }

  private load(atMostMs: number): Promise<string> {
    this.loading ??= this.obtain(atMostMs).finally(() => {
      this.loading = undefined;
    });
    return this.loading;
  }

  private async obtain(maxAgeMs: number): Promise<string> {
    this.jwt =
      this.store === undefined
        ? await this.mint(this.clock.now())
        : await this.store.obtain(this.name, maxAgeMs, (now) => this.mint(now));
    this.mintedAt = issuedAt(this.jwt) * 1000;
    return this.jwt;
  }

  private mint(now: Date): Promise<string> {
    const { keyId, teamId } = this.credential;
    const claims = { iss: teamId, iat: Math.floor(now.getTime() / 1000) };
    return compactJws({ alg: 'ES256', kid: keyId }, claims, this.key);
  }
}

/** @returns the `iat` of a token of ours */
function issuedAt(jwt: string): number {
  const [, claims = ''] = jwt.split('.');
  return Number(parseObject(Buffer.from(claims, 'base64url').toString())?.iat ?? 0);
}
