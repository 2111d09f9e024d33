import { DomainError } from '@app/core';

export class ApiKeyNotFoundError extends DomainError {
  readonly kind = 'not_found';
  readonly code = 'API_KEY_NOT_FOUND';

  constructor(id: string) {
    super(`There is no API key ${id}`);
  }
}

/** The key is good for nothing any more, and what would change is of no use. */
export class ApiKeyEndedError extends DomainError {
  readonly kind = 'conflict';
  readonly code = 'API_KEY_ENDED';
}

export class TooManySecretsError extends DomainError {
  readonly kind = 'conflict';
  readonly code = 'TOO_MANY_SECRETS';

  /** @param most how many a key may have that are good */
  constructor(most: number) {
    super(`The API key has ${most} secrets that are good: keepPreviousSeconds 0 ends them`, {
      field: 'keepPreviousSeconds',
    });
  }
}
