export * from './access-tokens';
export * from './assertions';
export * from './auth.errors';
export * from './auth.module';
export * from './rate-limits';
export * from './token-policy';
export * from './token-verifier';
export * from './user-tokens';
