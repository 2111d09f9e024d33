import { type Actor, preparedQuery, sqlStateOf } from '@app/core';
import type { EntityManager } from 'typeorm';
import { actorParameters } from '../device/actor-parameters';
import { deviceRows } from '../device/device-rows';
import type { Device } from '../device/device.entity';
import type { PushAddress } from '../registration/devices.service';
import { refusalOf } from './activation-refusals';
import type { KnownActivation } from './activation-source';
import { registerActivationsStatement } from './activation.statements';

/**
 * Registers a token for some activations.
 * @param address with the token as we keep it
 * @param activations by their ids, with the source's word, or undefined for each where our own table is the source
 * @param exactly whether the token is for these alone; else one more takes it from the only other
 * @param devicesPerUser is as in `RegistrationBounds`
 * @returns undefined when there is no such application
 * @throws ActivationNotActiveError, ActivationOutOfReachError, MultipleActivationsError
 */
export async function registerActivations(
  manager: EntityManager,
  actor: Actor,
  { applicationId, platform, token }: PushAddress,
  activations: ReadonlyMap<string, KnownActivation | undefined>,
  exactly: boolean,
  devicesPerUser: number,
): Promise<Device | undefined> {
  const known = [...activations.values()];
  const isOurs = known.includes(undefined);
  try {
    const [row] = await preparedQuery(manager, registerActivationsStatement, [
      ...actorParameters(actor),
      applicationId,
      platform,
      token,
      [...activations.keys()],
      isOurs ? null : known.map((activation) => activation?.userId),
      isOurs ? null : known.map((activation) => activation?.status),
      exactly,
      devicesPerUser,
    ]);
    return row === undefined ? undefined : deviceRows.read(row);
  } catch (error) {
    throw refusalOf(sqlStateOf(error)) ?? error;
  }
}
