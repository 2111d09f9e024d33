import { AccessTokens } from '@app/auth';
import type { Actor } from '@app/core';
import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { LRUCache } from 'lru-cache';
import { Passport } from 'passport';
import { Strategy } from 'passport-jwt';
import { type BearerRequest, bearerOf } from './bearer';
import { bearerOptions } from './bearer-options';
import { runStrategy } from './run-strategy';

type Claims = Readonly<Record<string, unknown>>;

interface Proven {
  readonly kid: string;
  readonly claims: Claims;
}

const mostProven = 5_000;

/** Accepts our own access tokens: of operators, OAuth clients and service accounts. */
@Injectable()
export class AccessStrategy extends PassportStrategy(Strategy, 'access') {
  /**
   * Claims whose signature was proven, by the whole text of the token, so that a client that calls again costs no RSA.
   * All else is asked each time: times, whether the key is still ours, and what stands behind the token.
   */
  private readonly proven = new LRUCache<string, Proven>({ max: mostProven });

  constructor(private readonly tokens: AccessTokens) {
    super(bearerOptions((raw) => tokens.keyFor(raw)));
  }

  /** @throws InvalidTokenError */
  async identify(request: BearerRequest): Promise<Actor> {
    const known = this.proven.get(bearerOf(request) ?? '');
    return known !== undefined && (await this.tokens.trusts(known.kid))
      ? this.tokens.actorOf(known.claims, request.ip)
      : runStrategy(this, request);
  }

  async validate(request: BearerRequest, claims: Claims): Promise<Actor> {
    const actor = await this.tokens.actorOf(claims, request.ip);
    const raw = bearerOf(request) ?? '';
    this.proven.set(raw, { kid: this.tokens.kidOf(raw), claims });
    return actor;
  }

  /** Returns a passport of this server's own, for several servers may run in one process. */
  getPassportInstance(): unknown {
    return new Passport();
  }
}
