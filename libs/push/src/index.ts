export * from './message';
export * from './outcome';
export * from './push-gateway';
