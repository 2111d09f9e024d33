import { DomainError } from '@app/core';

export class UserNotFoundError extends DomainError {
  readonly kind = 'not_found';
  readonly code = 'USER_NOT_FOUND';

  constructor(id: string) {
    super(`There is no user ${id}`);
  }
}
