import { DomainError } from '@app/core';

/** The request is malformed, or a rule of the legacy contract forbids it: 400. */
export class Refusal extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'ERROR_GENERIC';
}

/** What the legacy server's database refused: 409. */
export class DataIntegrityRefusal extends DomainError {
  readonly kind = 'conflict';
  readonly code = 'ERROR_DATA_INTEGRITY';
}

/** 401, as the page words it. */
export class Unauthorized extends DomainError {
  readonly kind = 'unauthenticated';
  readonly code = 'ERROR_GENERIC';

  constructor() {
    super('Unauthorized, invalid security token configuration');
  }
}
