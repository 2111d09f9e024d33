import { insertAuditEvents } from '@app/audit';
import type { Actor } from '@app/core';

/**
 * Returns the first four parameters of a statement that an actor's event is part of; $4 are the only applications that
 * he reaches, or null.
 */
export function actorParameters({ kind, id, address, applicationIds }: Actor): unknown[] {
  return [kind, id, address ?? null, applicationIds ?? null];
}

/**
 * Begins an event of the actor in the statement that makes the change; target, application, before and after follow.
 */
export const eventOfActor = (action: string) => `
    ${insertAuditEvents}
    SELECT $1::text, $2::text, $3::text, '${action}'`;
