import { DomainError } from '@app/core';

/** The names that RFC 6749 §5.2 gives to the refusals of a token endpoint. */
export type OAuthCode =
  'invalid_request' | 'invalid_grant' | 'invalid_scope' | 'unsupported_grant_type';

/** A refusal of the token endpoint. */
export abstract class OAuthError extends DomainError {
  abstract readonly oauth: OAuthCode;
}

export class InvalidRequestError extends OAuthError {
  readonly kind = 'invalid';
  readonly code = 'INVALID_REQUEST';
  readonly oauth = 'invalid_request';
}

/** One answer for every fault of an assertion, and of whoever signed it; `reason` is for log and audit trail alone. */
export class InvalidGrantError extends OAuthError {
  readonly kind = 'unauthenticated';
  readonly code = 'INVALID_GRANT';
  readonly oauth = 'invalid_grant';

  constructor(
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super('The assertion is not valid', options);
  }
}

/** Names only scopes that the caller asked for himself: those that he has are not shown. */
export class InvalidScopeError extends OAuthError {
  readonly kind = 'invalid';
  readonly code = 'INVALID_SCOPE';
  readonly oauth = 'invalid_scope';
  readonly reason = 'It asked for scopes that its issuer lacks';

  constructor() {
    super('The client has not all of these scopes');
  }
}

export class UnsupportedGrantTypeError extends OAuthError {
  readonly kind = 'invalid';
  readonly code = 'UNSUPPORTED_GRANT_TYPE';
  readonly oauth = 'unsupported_grant_type';

  constructor(wanted: string) {
    super(`grant_type wants ${wanted}`);
  }
}
