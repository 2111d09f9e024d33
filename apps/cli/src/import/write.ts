import type { EntityManager } from 'typeorm';

/** Runs the writes of one batch, all or none. */
export type Write = <Result>(work: (manager: EntityManager) => Promise<Result>) => Promise<Result>;
