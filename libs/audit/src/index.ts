export * from './audit';
export * from './audit-event.entity';
export * from './audit.module';
export * from './differences';
export { insertAuditEvents } from './insert-audit-events';
