export * from './idempotency';
export { AnswerNotKeptError } from './idempotency.errors';
export * from './idempotency.module';
export { idempotencyHeader, idempotentRequest } from './idempotent-request';
