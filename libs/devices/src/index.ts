export { type Accusation, Accusations, type Accuser, type Weight } from './accusations';
export { ActivationSource, type KnownActivation, OwnActivations } from './activation-source';
export { checkActivationId } from './activation-id';
export * from './activation.entity';
export * from './activations.service';
export type { ListedDevice } from './bulk-registration';
export * from './device-imports.service';
export * from './device.entity';
export { type DeviceFilter, DeviceLists } from './device-lists';
export {
  ActivationSourceUnavailableError,
  MultipleActivationsDisabledError,
} from './devices.errors';
export * from './devices.module';
export * from './devices.service';
export * from './profile.entity';
export { ProfileNotFoundError } from './profiles.errors';
export { type ProfileKey, ProfilesService } from './profiles.service';
export * from './push-registrations';
export { canonicalToken } from './push-token';
export { type CheckedRegistration, storeRegistrations } from './store-registrations';
export * from './suspect.entity';
export * from './user.entity';
export { checkUserId } from './user-id';
export * from './users.service';
