import { AccessTokens } from '@app/auth';
import type { Actor } from '@app/core';
import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { Passport } from 'passport';
import { Strategy } from 'passport-jwt';
import type { BearerRequest } from './bearer';
import { bearerOptions } from './bearer-options';

/** Our own access tokens: of operators, OAuth clients and service accounts. */
@Injectable()
export class AccessStrategy extends PassportStrategy(Strategy, 'access') {
  constructor(private readonly tokens: AccessTokens) {
    super(bearerOptions((raw) => tokens.keyFor(raw)));
  }

  validate({ ip }: BearerRequest, claims: Record<string, unknown>): Promise<Actor> {
    return this.tokens.actorOf(claims, ip);
  }

  /** Not the process's: several servers may run in one. */
  getPassportInstance(): unknown {
    return new Passport();
  }
}
