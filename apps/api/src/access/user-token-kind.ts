import type { UserTokens } from '@app/auth';
import { type Actor, DomainError } from '@app/core';
import type { BearerRequest } from './bearer';
import type { TokenKind } from './token-strategy';

/** The header naming the application whose keys verify a user's token: the token itself has no say in that. */
export const applicationHeader = 'carillon-application';

/** The tokens that a customer's back end signs for its app's users. */
export const userTokenKind = (tokens: UserTokens): TokenKind<Actor> => ({
  keyFor: async (raw, request) => tokens.keyFor(applicationOf(request), raw),
  identityOf: (claims, request) => tokens.actorOf(applicationOf(request), claims, request.ip),
});

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
