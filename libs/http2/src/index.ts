export {
  ClientConnection,
  type ConnectionEnd,
  type ConnectionEvents,
  type GoAway,
} from './client-connection';
export type { Indexing } from './hpack/encoder';
export type { HeaderField } from './response-fields';
export type { Loss, Receiver } from './stream';
