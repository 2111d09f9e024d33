export * from './keys.errors';
export * from './keys.module';
export { type KeyOwner, PublicKey } from './public-key.entity';
export * from './public-keys';
export { fingerprintOf, readPublicKey } from './read-public-key';
export * from './signing-key.entity';
export { signingKeySeals, SigningKeys } from './signing-keys';
