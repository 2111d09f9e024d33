export * from './idempotency';
export { AnswerNotKeptError } from './idempotency.errors';
export * from './idempotency.module';
export { KeyQuotas } from './key-quotas';
export { idempotencyHeader, idempotentRequest } from './idempotent-request';
