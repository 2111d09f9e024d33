import type { Actor, Permission } from '@app/core';

/** What a machine may do, and where. */
export interface Powers {
  readonly scopes: readonly Permission[];
  /** null stands for all applications; none are left where the only one was removed. */
  readonly applicationIds: readonly number[] | null;
}

/**
 * Nobody grants, or gets hold of, what he may not do himself: who changes a client or adds a key to it could act as it.
 * @throws ForbiddenError that names the first thing that the actor may not do
 */
export function demandPowers(actor: Actor, { scopes, applicationIds }: Powers): void {
  for (const scope of scopes) {
    for (const applicationId of placesOf(applicationIds)) actor.demand(scope, applicationId);
  }
}

/** Whether all applications of a machine are among the actor's. */
export function reaches(
  { applicationIds: reach }: Actor,
  { applicationIds }: Pick<Powers, 'applicationIds'>,
): boolean {
  if (reach === undefined) return true;
  return placesOf(applicationIds).every((id) => id !== undefined && reach.includes(id));
}

/**
 * Returns what `reaches` does as the condition of a query, whose `:reach` are the actor's applications; null for all.
 * @param machine the name of the machine in the query
 */
export const reachedIn = (machine: string) =>
  `(:reach::int[] IS NULL OR ${machine}.applicationIds <@ :reach::int[] AND ${machine}.applicationIds <> '{}')`;

/** Lists where powers apply. A machine without an application may get any one, so it concerns the whole installation. */
function placesOf(applicationIds: Powers['applicationIds']): readonly (number | undefined)[] {
  return applicationIds === null || applicationIds.length === 0 ? [undefined] : applicationIds;
}
