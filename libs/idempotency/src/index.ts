export * from './idempotency';
export * from './idempotency.module';
export { idempotencyHeader, idempotentRequest } from './idempotent-request';
