import { DomainError } from '@app/core';

/** The body is not as Comapi's SDKs write it. */
export class InvalidRequestError extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'INVALID_REQUEST';

  /** @param field the path of the member; empty for the whole body */
  constructor(field: string, wants: string) {
    super(`${field === '' ? 'The body' : field}: ${wants}`, { field });
  }
}
