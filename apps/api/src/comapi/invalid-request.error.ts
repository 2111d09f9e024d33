import { DomainError } from '@app/core';

/** A body that is not as Comapi's SDKs write it. */
export class InvalidRequestError extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'INVALID_REQUEST';

  /** @param field its path; empty for the whole body */
  constructor(field: string, wants: string) {
    super(`${field === '' ? 'The body' : field}: ${wants}`, { field });
  }
}
