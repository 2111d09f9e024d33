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

/** PostgreSQL's code of a statement that took longer than `statement_timeout`, or was ended by an operator. */
const ended = '57014';

/** A statement for a request took too long and was ended, so that others get on; what it would have changed is as before. */
class StatementTimeoutError extends DomainError {
  readonly kind = 'unavailable';
  readonly code = 'STATEMENT_TIMEOUT';

  constructor(cause: unknown) {
    super('This took the database too long, and was ended; ask for less, or try again later', {
      cause,
    });
  }
}

/** @returns the refusal that an error comes to where the database is away or was too slow, else the error itself */
export function asRefusal(error: unknown): unknown {
  if (error instanceof DomainError || !(error instanceof Error)) return error;
  if ((error as { code?: unknown }).code === ended) return new StatementTimeoutError(error);
  return isAway(error) ? new DatabaseUnavailableError(error) : error;
}
