import type { DataSource, EntityManager } from 'typeorm';
import type { AuditKeys } from './audit-keys';
import { lastLinked } from './audit-linker';
import { AuditTamperedError } from './audit-tampered.error';
import { openStatement } from './signed-statement';
import { type Replayed, TrailReplay } from './trail-replay';

/** A trail that is in order. */
export interface VerifiedTrail extends Replayed {
  /** How many events are too new to be linked. */
  readonly unlinked: number;
}

/**
 * Compares every event with its link, and every checkpoint with the chains, as of one moment.
 * @param kept a checkpoint that was kept elsewhere: the trail must still stand for all that it stood for
 * @throws AuditTamperedError with the first place that is not as it was
 */
export async function verifyTrail(
  dataSource: DataSource,
  keys: AuditKeys,
  kept?: string,
): Promise<VerifiedTrail> {
  return dataSource.transaction('REPEATABLE READ', async (manager) =>
    verifyWithin(manager, keys, kept),
  );
}

/** Works as `verifyTrail`, on what a transaction sees. */
export async function verifyWithin(
  manager: EntityManager,
  keys: AuditKeys,
  kept?: string,
): Promise<VerifiedTrail> {
  const trusted = await keys.trusted(manager);
  const replayed = await TrailReplay.run(manager, trusted);
  if (kept !== undefined) {
    const { number } = openStatement('checkpoint', kept, trusted) ?? {};
    if (number === undefined) {
      throw new AuditTamperedError(
        'The checkpoint that was kept is signed by no key of this trail',
      );
    }
    const [stored] = await manager.query<{ jws: string }[]>(
      'SELECT jws FROM audit_checkpoints WHERE number = $1',
      [number],
    );
    const isForgotten = stored === undefined && number <= replayed.checkpoint;
    if (stored?.jws !== kept && !isForgotten) {
      throw new AuditTamperedError(
        `Checkpoint ${number}, which was kept, is not in the trail: its end was cut off`,
      );
    }
  }
  const [{ unlinked }] = await manager.query<[{ unlinked: number }]>(
    `SELECT count(*)::int AS unlinked FROM audit_events WHERE id > ${lastLinked}`,
  );
  return { ...replayed, unlinked };
}
