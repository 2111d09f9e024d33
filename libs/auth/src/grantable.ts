import type { Actor, Permission } from '@app/core';

/** What a machine may do, and where. */
export interface Powers {
  readonly scopes: readonly Permission[];
  /** null stands for all applications. */
  readonly applicationIds: readonly number[] | null;
}

/**
 * Nobody grants, or gets hold of, what he may not do himself: who changes a client or adds a key to it could act as it.
 * @throws ForbiddenError that names the first thing that the actor may not do
 */
export function demandPowers(actor: Actor, { scopes, applicationIds }: Powers): void {
  for (const scope of scopes) {
    for (const applicationId of applicationIds ?? [undefined]) actor.demand(scope, applicationId);
  }
}
