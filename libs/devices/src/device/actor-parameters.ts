import { insertAuditEvents } from '@app/audit';
import type { Actor } from '@app/core';

/** The first four parameters of each statement below; $4 holds the only applications that the actor reaches, or null. */
export function actorParameters({ kind, id, address, applicationIds }: Actor): unknown[] {
  return [kind, id, address ?? null, applicationIds ?? null];
}

/** The event of a change of theirs, in the one statement that makes it; what follows are target, application, before, after. */
export const eventOfActor = (action: string) => `
    ${insertAuditEvents}
    SELECT $1::text, $2::text, $3::text, '${action}'`;
