import { DomainError } from '@app/core';

/** The counters can't be reached. What they guard stays closed: who takes the database away must not open the door. */
export class RateLimitsUnavailableError extends DomainError {
  readonly kind = 'unavailable';
  readonly code = 'RATE_LIMITS_UNAVAILABLE';

  constructor(cause: unknown) {
    super('Attempts cannot be counted at the moment; try again', { cause });
  }
}
