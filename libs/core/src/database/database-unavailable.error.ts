import { DomainError } from '../domain/errors';
import { isAway } from './reachable';

/**
 * The database is away while a request needs it; at a start, that is a `DatabaseAwayError`. A caller with an
 * Idempotency-Key may simply ask again.
 */
class DatabaseUnavailableError extends DomainError {
  readonly kind = 'unavailable';
  readonly code = 'DATABASE_UNAVAILABLE';

  constructor(cause: unknown) {
    super('The database is away for the moment; try again', { cause });
  }
}

/** @returns the refusal that an error comes to where the database is away, else the error itself */
export function asRefusal(error: unknown): unknown {
  if (error instanceof DomainError || !(error instanceof Error)) return error;
  return isAway(error) ? new DatabaseUnavailableError(error) : error;
}
