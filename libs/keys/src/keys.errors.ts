import { DomainError } from '@app/core';

export class InvalidKeyError extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'INVALID_KEY';

  constructor(field: string, wants: string) {
    super(`${field} ${wants}`, { field });
  }
}

export class KeyExistsError extends DomainError {
  readonly kind = 'conflict';
  readonly code = 'KEY_EXISTS';
}

export class KeyNotFoundError extends DomainError {
  readonly kind = 'not_found';
  readonly code = 'KEY_NOT_FOUND';

  constructor(id: string) {
    super(`There is no key ${id}`);
  }
}
