import { DomainError } from '@app/core';

/** There is no such user, or none of whom the applications that the caller reaches know. */
export class UserNotFoundError extends DomainError {
  readonly kind = 'not_found';
  readonly code = 'USER_NOT_FOUND';

  constructor(id: string) {
    super(`There is no user ${id}`);
  }
}
