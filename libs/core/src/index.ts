export { Actor, type ActorKind, ForbiddenError, type Permission, permissions } from './actor';
export * from './address-block';
export * from './address-list';
export * from './character-count';
export * from './clock';
export * from './compact-jws';
export * from './config';
export * from './core.module';
export * from './data-dir';
export { openDatabase } from './database/database';
export * from './database/migrate';
export type { Schema } from './database/schema-check';
export * from './database/prepared-query';
export * from './database/rows';
export * from './database/database-unavailable.error';
export {
  constraintOf,
  holdLock,
  holdName,
  inApplications,
  isUuid,
  sqlStateOf,
  uniqueViolation,
} from './database/sql';
export { WatchedClient } from './database/watched-client';
export { within } from './deadline';
export * from './errors';
export * from './every';
export * from './fresh-for';
export { assertListenable, listenProblems } from './listenable';
export * from './logger';
export * from './loopback';
export * from './moment';
export * from './page';
export * from './pem-text';
export * from './platform';
export * from './process';
export * from './queues/queues';
export * from './repeated-log';
export * from './sealed-secrets';
export * from './slots';
export * from './start-checks';
export * from './unit-of-work';
