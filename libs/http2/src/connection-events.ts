import type { GoAway } from './connection/control-frames';
import type { ErrorName } from './frames/protocol';

/** Why a connection is over. */
export type ConnectionEnd =
  /** In good order, or because its owner wanted so. */
  | { readonly by: 'us' }
  /** The peer's GOAWAY with an error code. */
  | { readonly by: 'goAway' }
  | { readonly by: 'socket'; readonly error: NodeJS.ErrnoException | undefined }
  /** The peer broke the protocol. */
  | { readonly by: 'protocol'; readonly code: ErrorName; readonly detail: string };

/** The owner of a connection, which is told what becomes of it. */
export interface ConnectionEvents {
  /** The peer's SETTINGS came, the first or others. */
  settings(maxConcurrentStreams: number): void;
  /** Nothing holds requests back any more, see `ready`. */
  ready(): void;
  /** No further request is taken: by the peer's GOAWAY, or because the ids are used up. Told before requests are lost by it. */
  draining(goAway: GoAway | undefined): void;
  /** Told once, at the very end. The requests that still are under way have no answer. */
  closed(end: ConnectionEnd): void;
}
