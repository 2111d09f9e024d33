import { holdName } from '@app/core';
import type { EntityManager } from 'typeorm';

/**
 * Before a client or a service account is stored. Assertions name their issuer only, so an id stands for one of both: who
 * wants the same id at the same time waits until the transaction ends, and sees what it has stored.
 */
export async function holdMachineId(id: string, transaction: EntityManager): Promise<void> {
  await holdName(`machine:${id}`, transaction);
}
