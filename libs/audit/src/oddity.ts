import { type ActorKind, actorKinds } from '@app/core';
import type { AuditEvent } from './audit-event.entity';

const outcomes: readonly AuditEvent['outcome'][] = ['success', 'failure'];

/** The deepest JSON of an event: what is changed has at most half as many levels. */
const deepest = 64;

/**
 * Says what of an event Carillon never writes, so that the event can't be shown as one: somebody else wrote it, or a
 * newer version did.
 * @returns undefined for an event like any other
 */
export function oddityOf(event: AuditEvent): string | undefined {
  const { at, actorKind, outcome, before, after } = event;
  const isKnown = (actorKinds as readonly ActorKind[]).includes(actorKind);
  if (!isKnown) return 'its kind of caller is not known';
  if (!outcomes.includes(outcome)) return 'its outcome is not known';
  // PostgreSQL has infinite times, which pg gives as numbers, and later ones than JavaScript.
  if (!(at instanceof Date) || Number.isNaN(at.getTime())) return 'its time is not one';
  if (isDeep(before) || isDeep(after)) return `its JSON has more than ${deepest} levels`;
  return undefined;
}

/** Goes down level by level instead of calling itself, for the depth may be more than the stack's. */
function isDeep(json: unknown): boolean {
  let level = [json];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > deepest) return true;
    level = level.flatMap((value): unknown[] =>
      typeof value === 'object' && value !== null ? Object.values(value) : [],
    );
  }
  return false;
}
