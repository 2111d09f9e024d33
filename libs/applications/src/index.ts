export * from './apns-credential.entity';
export * from './application.entity';
export * from './applications.errors';
export * from './applications.module';
export * from './applications.service';
export type { ApnsCredentialInput, FcmCredentialInput } from './credential-checks';
export * from './fcm-credential.entity';
