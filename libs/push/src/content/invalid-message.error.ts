import { DomainError } from '@app/core';

/** A gateway would refuse the message for every device. */
export class InvalidMessageError extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'INVALID_MESSAGE';

  /** @param field the member of MessageContent that is wrong, e.g. `extras.aps`; undefined for the whole. */
  constructor(message: string, field?: string) {
    super(message, field === undefined ? {} : { field });
  }
}
