import { DomainError } from '@app/core';

/** The token endpoint does not take the request. */
export class InvalidRequestError extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'INVALID_REQUEST';
}

/** One answer for every fault of an assertion, and of whoever signed it; `reason` is for log and audit trail alone. */
export class InvalidGrantError extends DomainError {
  readonly kind = 'unauthenticated';
  readonly code = 'INVALID_GRANT';

  constructor(
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super('The assertion is not valid', options);
  }
}

/** Names only scopes that the caller asked for himself: those that he has are not shown. */
export class InvalidScopeError extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'INVALID_SCOPE';
  readonly reason = 'It asked for scopes that its issuer lacks';

  constructor() {
    super('The client has not all of these scopes');
  }
}

export class UnsupportedGrantTypeError extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'UNSUPPORTED_GRANT_TYPE';

  constructor(wanted: string) {
    super(`grant_type wants ${wanted}`);
  }
}
