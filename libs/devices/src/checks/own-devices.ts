import type { Actor } from '@app/core';

/**
 * Tells whether a device is the actor's own: of the user who came with his own token or push session, in his
 * application. Such an actor may register or remove only his own, and needs no permission for it.
 */
export function isOwn(actor: Actor, applicationId: number, userId: string | undefined): boolean {
  return (
    (actor.kind === 'user' || actor.kind === 'profile') &&
    actor.id === userId &&
    actor.applicationIds?.includes(applicationId) === true
  );
}
