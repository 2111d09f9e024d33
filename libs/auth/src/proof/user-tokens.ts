import { createHash, type KeyObject } from 'node:crypto';
import { ApplicationStore } from '@app/applications';
import { Actor, Clock, Config, freshFor } from '@app/core';
import { PublicKeys, type UsableKey } from '@app/keys';
import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { InvalidTokenError } from './auth.errors';
import type { TokenPolicy } from './token-policy';
import { verifiedEmailOf } from './verified-email';
import { TokenVerifier, type UnprovenToken } from './token-verifier';

/** How long what an application names is cached, and so how late a change is seen. */
const freshMs = 3_000;

/** Verifies tokens that a customer's back end signs for the users of an application (Xtremepush's loyalty widget). */
@Injectable()
export class UserTokens {
  /** The id of the key that signed a token, by the token's hash. It never changes, and apps send one token many times. */
  private readonly signers = new LRUCache<string, string>({ max: 10_000 });

  /** Of all applications; each may name an issuer and an audience besides. */
  private readonly policy: TokenPolicy;
  private readonly policies: LRUCache<number, TokenPolicy>;

  constructor(
    private readonly verifier: TokenVerifier,
    private readonly keys: PublicKeys,
    private readonly applications: ApplicationStore,
    clock: Clock,
    { userTokenMaxHours }: Config,
  ) {
    this.policy = {
      tokenClass: 'user',
      algorithm: 'RS256',
      types: ['jwt'],
      skewSeconds: 60,
      maxLifeSeconds: userTokenMaxHours * 3600,
      required: ['sub'],
    };
    this.policies = new LRUCache({
      max: 10_000,
      ...freshFor(clock, freshMs),
      ignoreFetchAbort: true,
      fetchMethod: (applicationId) => this.policyOf(applicationId),
    });
  }

  /** Finds the key for passport-jwt. @param applicationId from the request, never from the token @throws InvalidTokenError */
  async keyFor(applicationId: number, raw: string): Promise<KeyObject> {
    const token = this.verifier.read(raw, this.policy);
    const usable = await this.keys.usable({ kind: 'application', id: String(applicationId) });
    const { id, key } = this.signerOf(token, usable);
    this.keys.used(id);
    return key;
  }

  /** Returns the user as an actor in this application only. @throws InvalidTokenError */
  async actorOf(
    applicationId: number,
    claims: Readonly<Record<string, unknown>>,
    address: string | undefined,
  ): Promise<Actor> {
    const policy = await this.policies.forceFetch(applicationId);
    const accepted = this.verifier.accept(claims, policy);
    const { sub } = accepted;
    if (sub === undefined) throw new InvalidTokenError('It has no sub');
    const verifiedEmail = verifiedEmailOf(accepted);
    const applicationIds = [applicationId];
    return new Actor({ kind: 'user', id: sub, applicationIds, address, verifiedEmail });
  }

  private async policyOf(applicationId: number): Promise<TokenPolicy> {
    const { issuer, audience } = await this.applications.userTokenClaims(applicationId);
    return {
      ...this.policy,
      ...(issuer !== null && { issuer }),
      ...(audience !== null && { audience: { oneOf: [audience], list: true } }),
    };
  }

  /** Finds the key that signed a token. A kid that is unknown, or disabled, is no reason to try others. */
  private signerOf(token: UnprovenToken, usable: readonly UsableKey[]): UsableKey {
    const { raw, kid } = token;
    const candidates = kid === undefined ? usable : usable.filter((key) => key.kid === kid);
    const hash = createHash('sha256').update(raw).digest('base64');
    const before = this.signers.get(hash);
    const known = candidates.find(({ id }) => id === before);
    if (known !== undefined) return known;
    const signer = this.verifier.signer(token, this.policy, candidates);
    this.signers.set(hash, signer.id);
    return signer;
  }
}
