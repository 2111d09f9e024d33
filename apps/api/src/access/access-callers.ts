import { AccessTokens } from '@app/auth';
import type { Actor } from '@app/core';
import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { type BearerRequest, bearerOf } from './bearer';
import { type Claims, TokenStrategy } from './token-strategy';

interface Proven {
  readonly kid: string;
  readonly claims: Claims;
}

const mostProven = 5_000;

/** Finds the holders of our own access tokens: operators, OAuth clients and service accounts. */
@Injectable()
export class AccessCallers {
  /**
   * Claims whose signature was proven, by the whole text of the token, so that a client that calls again costs no RSA.
   * All else is asked each time: times, whether the key is still ours, and what stands behind the token.
   */
  private readonly proven = new LRUCache<string, Proven>({ max: mostProven });

  private readonly strategy = new TokenStrategy<Actor>({
    keyFor: (raw) => this.tokens.keyFor(raw),
    identityOf: async (claims, request) => {
      const actor = await this.tokens.actorOf(claims, request.ip);
      const raw = bearerOf(request) ?? '';
      this.proven.set(raw, { kid: this.tokens.kidOf(raw), claims });
      return actor;
    },
  });

  constructor(private readonly tokens: AccessTokens) {}

  /** @throws InvalidTokenError */
  async identify(request: BearerRequest): Promise<Actor> {
    const known = this.proven.get(bearerOf(request) ?? '');
    return known !== undefined && (await this.tokens.trusts(known.kid))
      ? this.tokens.actorOf(known.claims, request.ip)
      : this.strategy.identify(request);
  }
}
