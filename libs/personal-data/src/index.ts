export * from './personal-data';
export * from './personal-data.module';
export { UserNotFoundError } from './personal-data.errors';
