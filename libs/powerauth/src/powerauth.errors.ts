import { DomainError } from '@app/core';

/** PowerAuth Server gave no usable answer; why is in `cause`. */
export class PowerAuthUnavailableError extends DomainError {
  readonly kind = 'unavailable';
  readonly code = 'POWERAUTH_UNAVAILABLE';

  constructor(path: string, reason: string) {
    super('PowerAuth Server gave no usable answer', { cause: `${path}: ${reason}` });
  }
}
