import { DomainError } from '@app/core';

/** The request has no token but needs one. */
export class UnauthenticatedError extends DomainError {
  readonly kind = 'unauthenticated';
  readonly code = 'UNAUTHENTICATED';

  constructor() {
    super('This needs a token');
  }
}

/** The operator signed in with a password that others may know, and has to change it first. */
export class PasswordChangeRequiredError extends DomainError {
  readonly kind = 'forbidden';
  readonly code = 'PASSWORD_CHANGE_REQUIRED';

  constructor() {
    super('Choose a password of your own first, with changePassword');
  }
}

/** One answer for every fault of a token; `reason` is for the log, never for the caller. */
export class InvalidTokenError extends DomainError {
  readonly kind = 'unauthenticated';
  readonly code = 'INVALID_TOKEN';

  constructor(
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super('The token is not valid', options);
  }
}
