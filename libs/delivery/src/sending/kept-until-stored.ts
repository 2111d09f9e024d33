import { setTimeout as sleep } from 'node:timers/promises';
import { isAway, mayPass } from '@app/core';
import type { Stopping } from './stopping';

/** The pauses before the next try; the last one again and again. */
const pausesMs = [50, 200, 500];

/** How long what PostgreSQL can't do at the moment is tried again, such as what ended in a deadlock. */
const defaultPatienceMs = 2_500;

export interface Keeping {
  readonly stopping: Stopping;
  /** Tells whether what is in hand is still worth keeping while the database is away. */
  isWorthwhile(): boolean;
  /** Tells whether another try may succeed after an error. Without it: not where PostgreSQL refuses for good. */
  readonly mayPass?: (error: Error) => boolean;
  /** Is told of each try that fails and is followed by another. */
  failed?(): void;
  /** Replaces the default of some seconds. */
  readonly patienceMs?: number;
}

/**
 * Stores what is in hand, again and again: while the database is away as long as that is worthwhile and this process goes
 * on, and for some seconds what may get done yet.
 * @throws the error of the last try
 */
export async function keptUntilStored<Value>(
  store: () => Promise<Value>,
  keeping: Keeping,
): Promise<Value> {
  const patientUntil = performance.now() + (keeping.patienceMs ?? defaultPatienceMs);
  for (let attempt = 0; ; attempt++) {
    try {
      return await store();
    } catch (error) {
      if (!isHopeful(error, patientUntil, keeping)) throw error;
      keeping.failed?.();
      await sleep(pausesMs[attempt] ?? pausesMs.at(-1));
    }
  }
}

function isHopeful(error: unknown, patientUntil: number, keeping: Keeping): boolean {
  const isPassing = keeping.mayPass ?? mayPass;
  if (!(error instanceof Error) || !isPassing(error) || keeping.stopping.isOver) return false;
  return performance.now() < patientUntil || (isAway(error) && keeping.isWorthwhile());
}
