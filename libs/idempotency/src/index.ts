export * from './idempotency';
export * from './idempotency.errors';
export * from './idempotency.module';
export * from './idempotent-request';
