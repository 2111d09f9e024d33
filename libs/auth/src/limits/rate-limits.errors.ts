import { DomainError, RateLimitedError } from '@app/core';

/** The counters can't be reached. What they guard stays closed: who takes the database away must not open the door. */
export class RateLimitsUnavailableError extends DomainError {
  readonly kind = 'unavailable';
  readonly code = 'RATE_LIMITS_UNAVAILABLE';

  constructor(cause: unknown) {
    super('Attempts cannot be counted at the moment; try again', { cause });
  }
}

/** A caller has used all that he may for now. */
export class AllowanceUsedUpError extends RateLimitedError {
  /** @param what it is an allowance of, with the number, e.g. `100 requests a minute` */
  constructor(what: string, retryAfterSeconds: number) {
    super(retryAfterSeconds);
    this.message = `Your ${what} are used up; try again in ${retryAfterSeconds} s`;
  }
}
