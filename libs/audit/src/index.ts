export * from './audit';
export * from './audit-event.entity';
export * from './audit.module';
export { differences, pick } from './differences';
export { insertAuditEvents } from './insert-audit-events';
export { oddityOf } from './oddity';
