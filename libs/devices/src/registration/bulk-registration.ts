import { isApplicationId } from '@app/applications';
import {
  type Actor,
  ApplicationNotFoundError,
  DomainError,
  holdName,
  type Platform,
} from '@app/core';
import type { EntityManager } from 'typeorm';
import { InvalidDeviceError } from '../checks/invalid-device.error';
import { canonicalToken } from '../checks/push-token';
import { checkUserId } from '../checks/user-id';
import { ActivationNotFoundError } from '../device/devices.errors';
import { type CheckedRegistration, storeRegistrations } from './store-registrations';

/** One device of a list, as it was given. */
export interface ListedDevice {
  readonly platform: Platform;
  readonly token: string;
  /** The user; needed unless an activation is given that is known to us. */
  readonly userId?: string | null | undefined;
  readonly activationId?: string | null | undefined;
}

export type RegistrationOutcome =
  | { readonly deviceId: string; readonly isNew: boolean; readonly isChanged: boolean }
  | { readonly error: DomainError };

/**
 * Registers a list as if one after the other. A wrong one keeps out nobody else.
 * @param devicesPerUser is as in `RegistrationBounds`
 * @param isTold whether the audit trail tells of each device that changes
 * @returns the outcomes in the order of the list
 * @throws ApplicationNotFoundError
 */
export async function registerList(
  actor: Actor,
  applicationId: number,
  list: readonly ListedDevice[],
  manager: EntityManager,
  devicesPerUser: number,
  isTold = false,
): Promise<readonly RegistrationOutcome[]> {
  await hold(applicationId, manager);
  const checked = list.map(check);
  const good = checked.filter((one) => 'token' in one);
  const trail = isTold ? actor : undefined;
  const stored = await storeRegistrations(
    manager,
    applicationId,
    good.map((one) => ({ ...one, actor: trail })),
    { devicesPerUser, reach: actor.applicationIds },
  );
  const rows = new Map(good.map((one, index) => [one, stored[index]]));
  return checked.map((one): RegistrationOutcome => {
    if (one instanceof DomainError) return { error: one };
    const row = rows.get(one);
    if (row === undefined) return { error: new ActivationNotFoundError(one.activationId ?? '') };
    return { deviceId: row.device.id, isNew: row.isNew, isChanged: row.isChanged };
  });
}

/** Lets in one list after the other for an application: two that share new tokens could wait for each other for ever. */
async function hold(applicationId: number, manager: EntityManager): Promise<void> {
  if (!isApplicationId(applicationId)) throw new ApplicationNotFoundError(applicationId);
  await holdName(`device-list:${applicationId}`, manager);
  const found = await manager.query<unknown[]>(
    'SELECT FROM applications WHERE id = $1 FOR KEY SHARE',
    [applicationId],
  );
  if (found.length === 0) throw new ApplicationNotFoundError(applicationId);
}

/** @returns the reason why a device can't be registered, if there is one */
function check({
  platform,
  token,
  userId,
  activationId,
}: ListedDevice): CheckedRegistration | DomainError {
  try {
    const place = { platform, token: canonicalToken(platform, token) };
    if (userId != null && activationId == null) return { ...place, userId: checkUserId(userId) };
    if (activationId == null || userId != null) {
      throw new InvalidDeviceError('userId', 'or activationId is wanted, exactly one of them');
    }
    if (activationId.includes('\0')) throw new ActivationNotFoundError(activationId);
    return { ...place, activationId };
  } catch (error) {
    if (error instanceof DomainError) return error;
    throw error;
  }
}
