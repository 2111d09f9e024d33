import { DomainError } from '@app/core';

/**
 * The answer to a challenge was refused. Forbidden, not unauthenticated: on a 401 the SDKs start a session anew within
 * the call that starts one. The words are Dotdigital's; `reason` is for the log only.
 */
export class InvalidChallengeTokenError extends DomainError {
  readonly kind = 'forbidden';
  readonly code = 'INVALID_JWT';

  constructor(
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super('Invalid JWT', options);
  }
}

/** The URL names a session that is not the caller's, or does not exist. */
export class PushSessionNotFoundError extends DomainError {
  readonly kind = 'not_found';
  readonly code = 'SESSION_NOT_FOUND';

  constructor() {
    super('There is no such session of yours');
  }
}
