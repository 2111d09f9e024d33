export * from './clock';
export * from './config';
export * from './core.module';
export * from './errors';
export * from './migrate';
export * from './platform';
export * from './queues';
export * from './sealed-secrets';
