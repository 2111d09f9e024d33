import { DomainError, type ErrorKind } from '@app/core';

/** The request is malformed, or a rule of the legacy contract forbids it: 400. */
export class Refusal extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'ERROR_GENERIC';
}

/** The legacy server's database would refuse the change: 409. */
export class DataIntegrityRefusal extends DomainError {
  readonly kind = 'conflict';
  readonly code = 'ERROR_DATA_INTEGRITY';
}

/** Another's refusal, in the words of the legacy contract. */
export class Worded extends DomainError {
  readonly kind: ErrorKind;
  readonly code: string;

  constructor(text: string, refusal: DomainError) {
    super(text, { cause: refusal });
    this.kind = refusal.kind;
    this.code = refusal.code;
  }
}
