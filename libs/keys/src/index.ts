export * from './keys.errors';
export * from './keys.module';
export { assertMasterKey } from './master-key-check';
export * from './public-key.entity';
export * from './public-keys';
export * from './read-public-key';
export * from './signing-key.entity';
export * from './signing-keys';
