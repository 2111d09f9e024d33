import { DomainError } from '@app/core';

export class InvalidProfileError extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'INVALID_PROFILE';

  constructor(field: string, wants: string) {
    super(`${field} ${wants}`, { field });
  }
}

/** No user of the application has this e-mail in his profile. */
export class ProfileNotFoundError extends DomainError {
  readonly kind = 'not_found';
  readonly code = 'PROFILE_NOT_FOUND';

  constructor(email: string) {
    super(`No profile has the e-mail ${email}`, { field: 'email' });
  }
}

/** The profile is not the version any more that the caller has seen. */
export class ProfileChangedError extends DomainError {
  readonly kind = 'precondition';
  readonly code = 'PROFILE_CHANGED';

  constructor() {
    super('The profile has changed since: read it again');
  }
}
