export { ClientConnection } from './client-connection';
export type { ConnectionEnd, ConnectionEvents, GoAway } from './connection-events';
export type { Indexing } from './hpack/encoder';
export type { HeaderField } from './response-fields';
export type { Loss, Receiver } from './stream';
