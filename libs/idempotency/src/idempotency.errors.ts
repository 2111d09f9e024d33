import { DomainError } from '@app/core';

export class InvalidIdempotencyKeyError extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'INVALID_IDEMPOTENCY_KEY';

  constructor() {
    super('Idempotency-Key wants 1 to 255 printable ASCII characters', {
      field: 'Idempotency-Key',
    });
  }
}

/** The key belongs to another request, for good: unlike with the conflicts below, a repeat does not help. */
export class IdempotencyKeyReusedError extends DomainError {
  readonly kind = 'unprocessable';
  readonly code = 'IDEMPOTENCY_KEY_REUSED';

  constructor() {
    super('This Idempotency-Key came with another request, or with other rights, before', {
      field: 'Idempotency-Key',
    });
  }
}

export class IdempotencyKeyInUseError extends DomainError {
  readonly kind = 'conflict';
  readonly code = 'IDEMPOTENCY_KEY_IN_USE';

  constructor() {
    super('The first request with this Idempotency-Key is still running; try again');
  }
}

export class AnswerNotKeptError extends DomainError {
  readonly kind = 'conflict';
  readonly code = 'IDEMPOTENT_ANSWER_NOT_KEPT';

  /** @param ids of what the answer told of */
  constructor(readonly ids: readonly string[]) {
    super(
      'The request with this Idempotency-Key was carried out; its answer was too large to be kept, or is told only once',
    );
  }
}
