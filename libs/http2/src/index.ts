export { ClientConnection } from './client-connection';
export type { GoAway } from './connection/control-frames';
export type { ConnectionEnd, ConnectionEvents } from './connection-events';
export type { Indexing } from './hpack/encoder';
export type { HeaderField } from './connection/message-fields';
export type { Loss, Receiver } from './stream';
export { ServerConnection } from './server/server-connection';
export type { Request } from './server/requests';
export { errorName } from './frames/protocol';
