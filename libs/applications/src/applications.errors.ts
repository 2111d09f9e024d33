import { DomainError } from '@app/core';

export class ApplicationExistsError extends DomainError {
  readonly kind = 'conflict';
  readonly code = 'APPLICATION_EXISTS';

  constructor(id: number) {
    super(`Application ${id} exists already`);
  }
}

export class InvalidApplicationError extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'INVALID_APPLICATION';

  constructor(field: string, wants: string) {
    super(`${field} ${wants}`, { field });
  }
}

export class InvalidCredentialError extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'INVALID_CREDENTIAL';

  constructor(field: string, wants: string) {
    super(`${field} ${wants}`, { field });
  }
}
