import { holdName } from '@app/core';
import type { EntityManager } from 'typeorm';

/**
 * Holds an id for a new client or service account. Assertions name only their issuer, so one of both has it: who wants
 * the same id at the same time waits until the transaction ends, and sees what it has stored.
 */
export async function holdMachineId(id: string, transaction: EntityManager): Promise<void> {
  await holdName(`machine:${id}`, transaction);
}
