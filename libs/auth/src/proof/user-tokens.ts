import { createHash, type KeyObject } from 'node:crypto';
import { Actor, Config } from '@app/core';
import { PublicKeys, type UsableKey } from '@app/keys';
import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { InvalidTokenError } from './auth.errors';
import type { TokenPolicy } from './token-policy';
import { verifiedEmailOf } from './verified-email';
import { TokenVerifier, type UnprovenToken } from './token-verifier';

/** Verifies tokens that a customer's back end signs for the users of an application (Xtremepush's loyalty widget). */
@Injectable()
export class UserTokens {
  /** The id of the key that signed a token, by the token's hash. It never changes, and apps send one token many times. */
  private readonly signers = new LRUCache<string, string>({ max: 10_000 });

  private readonly policy: TokenPolicy;

  constructor(
    private readonly verifier: TokenVerifier,
    private readonly keys: PublicKeys,
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
  actorOf(
    applicationId: number,
    claims: Readonly<Record<string, unknown>>,
    address: string | undefined,
  ): Actor {
    const accepted = this.verifier.accept(claims, this.policy);
    const { sub } = accepted;
    if (sub === undefined) throw new InvalidTokenError('It has no sub');
    const verifiedEmail = verifiedEmailOf(accepted);
    const applicationIds = [applicationId];
    return new Actor({ kind: 'user', id: sub, applicationIds, address, verifiedEmail });
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
