import { UserTokens } from '@app/auth';
import { type Actor, DomainError } from '@app/core';
import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { Passport } from 'passport';
import { Strategy } from 'passport-jwt';
import type { BearerRequest } from './bearer';
import { bearerOptions } from './bearer-options';

/** The header naming the application whose keys verify a user's token: the token itself has no say in that. */
export const applicationHeader = 'carillon-application';

/** Accepts tokens that a customer's back end signs for its app's users. */
@Injectable()
export class UserStrategy extends PassportStrategy(Strategy, 'user') {
  constructor(private readonly tokens: UserTokens) {
    super(bearerOptions((raw, request) => tokens.keyFor(applicationOf(request), raw)));
  }

  validate(request: BearerRequest, claims: Record<string, unknown>): Actor {
    return this.tokens.actorOf(applicationOf(request), claims, request.ip);
  }

  /** Returns a passport of this server's own, for several servers may run in one process. */
  getPassportInstance(): unknown {
    return new Passport();
  }
}

class InvalidApplicationHeaderError extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'INVALID_APPLICATION_HEADER';

  constructor() {
    super("Carillon-Application wants an application's number", { field: 'Carillon-Application' });
  }
}

function applicationOf({ headers }: BearerRequest): number {
  const text = headers[applicationHeader];
  if (typeof text !== 'string' || !/^[1-9]\d{0,9}$/.test(text) || Number(text) > 2_147_483_647) {
    throw new InvalidApplicationHeaderError();
  }
  return Number(text);
}
