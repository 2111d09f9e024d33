export {
  ActivationSource,
  type KnownActivation,
  OwnActivations,
} from './activations/activation-source';
export { ActivationSourceUnavailableError } from './activations/activations.errors';
export * from './activations/activations.service';
export { checkActivationId } from './checks/activation-id';
export { canonicalToken } from './checks/push-token';
export { checkUserId } from './checks/user-id';
export { type Accusation, Accusations, type Accuser, type Weight } from './device/accusations';
export * from './device/activation.entity';
export { type DeviceFilter, DeviceLists } from './device/device-lists';
export * from './device/device.entity';
export * from './device/suspect.entity';
export * from './devices.module';
export * from './people/profile.entity';
export { ProfileNotFoundError } from './people/profiles.errors';
export { type ProfileKey, ProfilesService } from './people/profiles.service';
export * from './people/user.entity';
export * from './people/users.service';
export type { ListedDevice } from './registration/bulk-registration';
export * from './registration/device-imports.service';
export * from './registration/devices.service';
export * from './registration/push-registrations';
export { type CheckedRegistration, storeRegistrations } from './registration/store-registrations';
