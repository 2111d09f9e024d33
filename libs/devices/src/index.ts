export * from './activation.entity';
export * from './activations.service';
export * from './device.entity';
export * from './devices.errors';
export * from './devices.module';
export * from './devices.service';
export { canonicalToken, checkActivationId, checkUserId } from './push-token';
export * from './user.entity';
