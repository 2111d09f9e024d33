import { DomainError } from '@app/core';

/** What a caller brought of a device, a user or an activation is not as wanted. */
export class InvalidDeviceError extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'INVALID_DEVICE';

  constructor(field: string, wants: string) {
    super(`${field} ${wants}`, { field });
  }
}
