export * from './apns-credential.entity';
export { ApplicationDirectory, type ListedApplication } from './application-directory';
export * from './application.entity';
export * from './applications.errors';
export * from './applications.module';
export * from './applications.service';
export * from './credential-checks';
export * from './fcm-credential.entity';
export * from './power-auth-server';
