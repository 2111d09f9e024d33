import {
  AnswerNotKeptError,
  IdempotencyKeyInUseError,
  IdempotencyKeyReusedError,
  InvalidIdempotencyKeyError,
} from '@app/idempotency';

/** draft-ietf-httpapi-idempotency-key-header-07 §2.7, the same at every edge. @returns undefined for all other errors */
export function idempotencyStatus(error: unknown): number | undefined {
  if (error instanceof InvalidIdempotencyKeyError) return 400;
  if (error instanceof IdempotencyKeyReusedError) return 422;
  const isConflict =
    error instanceof IdempotencyKeyInUseError || error instanceof AnswerNotKeptError;
  return isConflict ? 409 : undefined;
}
