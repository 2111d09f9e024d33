export * from './config/address-list';
export * from './config/config';
export * from './config/data-dir';
export { assertListenable, type Listening, listenProblems } from './config/listenable';
export * from './config/loopback';
export { ProxyRules } from './config/proxy-rules';
export type { CallerClass } from './config/request-allowances';
export * from './config/start-checks';
export * from './core.module';
export { openDatabase } from './database/database';
export * from './database/database-unavailable.error';
export * from './database/in-transaction';
export * from './database/migrate';
export * from './database/page';
export * from './database/prepared-query';
export { isAway, mayPass } from './database/reachable';
export * from './database/rows';
export * from './database/spare-connection';
export type { Schema } from './database/schema-check';
export {
  constraintOf,
  holdLock,
  holdName,
  inApplications,
  isUuid,
  sqlStateOf,
  tryLock,
  uniqueViolation,
} from './database/sql';
export * from './database/unit-of-work';
export { WatchedClient } from './database/watched-client';
export {
  Actor,
  type ActorKind,
  actorKinds,
  ApplicationNotFoundError,
  ForbiddenError,
  type Permission,
  permissions,
} from './domain/actor';
export * from './domain/address-block';
export * from './domain/character-count';
export * from './domain/errors';
export * from './domain/platform';
export * from './http/browser-sign';
export * from './process/forks';
export * from './process/logger';
export * from './process/process';
export * from './queues/queues';
export * from './secrets/compact-jws';
export * from './secrets/pem-text';
export { Resealer } from './secrets/resealer';
export * from './secrets/sealed-columns';
export { SealedSecrets, SecretUnreadableError } from './secrets/sealed-secrets';
export * from './time/clock';
export { within } from './time/deadline';
export * from './time/every';
export * from './time/fresh-for';
export * from './time/gathering';
export * from './time/moment';
export * from './time/repeated-log';
export * from './time/slots';
export * from './time/turns';
