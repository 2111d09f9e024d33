import type { ApplicationStore } from '@app/applications';
import { type Actor, ApplicationNotFoundError, type Permission } from '@app/core';
import type { EntityManager } from 'typeorm';
import { checkAllowedIps, checkApplicationIds, checkName, checkScopes } from './client-checks';

/** The settings to change that every kind of machine has; what is absent stays as it is. */
export interface MachineChanges {
  readonly name?: string | undefined;
  readonly scopes?: readonly string[] | undefined;
  /** null removes the limit to some applications. */
  readonly applicationIds?: readonly number[] | null | undefined;
}

/** The settings to change of machines that bring a secret along, which may be stolen. */
export interface BoundMachineChanges extends MachineChanges {
  /** Addresses and CIDR ranges; null lets it come from anywhere. */
  readonly allowedIps?: readonly string[] | null | undefined;
  /** null stands for never. */
  readonly expiresAt?: Date | null | undefined;
}

interface MachineSettings {
  readonly name: string;
  readonly scopes: Permission[];
  readonly applicationIds: number[] | null;
  readonly allowedIps: string[] | null;
}

/**
 * Checks what all machines have in common, and returns it as it is stored; when they end is not looked at.
 * @throws InvalidClientError, ApplicationNotFoundError, whether there is none or it is out of the actor's reach
 */
export async function checkSettings(
  actor: Actor,
  { name, scopes, applicationIds, allowedIps }: BoundMachineChanges,
  applications: ApplicationStore,
  manager: EntityManager,
): Promise<Partial<MachineSettings>> {
  const ids = applicationIds === undefined ? undefined : checkApplicationIds(applicationIds);
  for (const id of ids ?? []) {
    if (!actor.reaches(id)) throw new ApplicationNotFoundError(id);
    await applications.assertExists(manager, id);
  }
  return {
    ...(name !== undefined && { name: checkName(name) }),
    ...(scopes !== undefined && { scopes: checkScopes(scopes) }),
    ...(ids !== undefined && { applicationIds: ids }),
    ...(allowedIps !== undefined && { allowedIps: checkAllowedIps(allowedIps) }),
  };
}
