import { DomainError } from '@app/core';

export class ClientNotFoundError extends DomainError {
  readonly kind = 'not_found';
  readonly code = 'CLIENT_NOT_FOUND';

  constructor(id: string) {
    super(`There is no client ${id}`);
  }
}

export class ClientExistsError extends DomainError {
  readonly kind = 'conflict';
  readonly code = 'CLIENT_EXISTS';

  constructor(id: string) {
    super(`There is a client or a service account ${id} already`, { field: 'clientId' });
  }
}

export class InvalidClientError extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'INVALID_CLIENT';

  constructor(field: string, wants: string) {
    super(`${field} ${wants}`, { field });
  }
}
