export * from './apns-credential.entity';
export { type ApiSpace, ApiSpaces } from './api-spaces';
export { ApplicationDirectory, type ListedApplication } from './application-directory';
export {
  ApplicationStore,
  isApplicationId,
  type OpenApnsCredential,
  type OpenFcmCredential,
} from './application-store';
export * from './application.entity';
export * from './applications.errors';
export * from './applications.module';
export * from './applications.service';
export * from './credential-checks';
export * from './credentials.service';
export * from './fcm-credential.entity';
export * from './power-auth-server';
export { checkPushProfile, type PushProfileInput } from './push-profile-checks';
export * from './push-profile.entity';
export * from './push-profiles.errors';
export * from './push-profiles.service';
export * from './secret-renewal';
