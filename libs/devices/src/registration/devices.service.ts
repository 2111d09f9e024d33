import { ApplicationStore, isApplicationId } from '@app/applications';
import { type Actor, inApplications, type Platform, preparedQuery } from '@app/core';
import { Injectable } from '@nestjs/common';
import { DataSource, In } from 'typeorm';
import { checkActivationId } from '../checks/activation-id';
import { isOwn } from '../checks/own-devices';
import { canonicalToken, spellings } from '../checks/push-token';
import { checkUserId } from '../checks/user-id';
import { Activation } from '../device/activation.entity';
import { actorParameters } from '../device/actor-parameters';
import { deviceRows } from '../device/device-rows';
import { Device } from '../device/device.entity';
import { ActivationNotFoundError, DeviceNotFoundError } from '../device/devices.errors';
import { RegistrationBatches } from './registration-batches';
import { removeOwnStatement, removeStatement } from './removal.statements';

/** Says who uses a device: a user directly, or through an activation that is known to us. */
export type Registrant = { readonly userId: string } | { readonly activationId: string };

export interface Registration {
  readonly applicationId: number;
  readonly platform: Platform;
  readonly token: string;
  readonly registrant?: Registrant;
}

/** A push token, with the application and the platform where it works. */
export type PushAddress = Omit<Registration, 'registrant'>;

@Injectable()
export class DevicesService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly applications: ApplicationStore,
    private readonly batches: RegistrationBatches,
  ) {}

  /**
   * Registers a token, or registers it again: one device per application and token, however often and however
   * parallel. A device that was retired comes back to life. Its other users keep it. A user may register for himself.
   * @throws ForbiddenError, InvalidDeviceError, ApplicationNotFoundError, ActivationNotFoundError, which also is what an
   * actor learns of an activation whose home is out of his reach
   */
  async register(actor: Actor, registration: Registration): Promise<Device> {
    const { applicationId, platform } = registration;
    const { userId, activationId } = namesOf(registration.registrant);
    if (!isOwn(actor, applicationId, userId)) actor.demand('devices:write', applicationId);
    const token = canonicalToken(platform, registration.token);
    if (userId !== undefined) checkUserId(userId);
    if (activationId !== undefined) checkActivationId(activationId);
    const place = { applicationId, platform, token };
    const device = await this.batches.store({ actor, ...place, userId, activationId });
    if (device !== undefined) return device;
    await this.applications.assertExists(this.dataSource.manager, applicationId);
    throw new ActivationNotFoundError(activationId ?? '');
  }

  /**
   * Removes the device of a token on whatever platform, with its users. Nothing found is fine.
   * @throws ForbiddenError
   */
  async removeToken(actor: Actor, applicationId: number, token: string): Promise<void> {
    actor.demand('devices:write', applicationId);
    if (isApplicationId(applicationId))
      await this.removeSpelled(actor, applicationId, spellings(token));
  }

  /**
   * Removes the device with its users. A user takes it from himself alone: it stays while others use it. Nothing found
   * is fine.
   * @returns the device as it was
   * @throws ForbiddenError, InvalidDeviceError
   */
  async remove(
    actor: Actor,
    applicationId: number,
    platform: Platform,
    token: string,
  ): Promise<Device | null> {
    const own = isOwn(actor, applicationId, actor.id);
    if (!own) actor.demand('devices:write', applicationId);
    const spelled = { platform, token: canonicalToken(platform, token) };
    if (!own) return this.removeSpelled(actor, applicationId, [spelled]);
    const parameters = [...actorParameters(actor), applicationId, platform, spelled.token];
    const [row] = await this.dataSource.query<object[]>(removeOwnStatement, parameters);
    return row === undefined ? null : deviceRows.read(row);
  }

  /**
   * Removes a device by its id, as `remove` does. One that the actor does not reach is not there.
   * @throws ForbiddenError
   */
  async removeById(actor: Actor, id: string): Promise<Device | null> {
    if (actor.kind !== 'user' && actor.kind !== 'profile') actor.demandSomewhere('devices:write');
    const device = isDeviceId(id) ? await this.dataSource.manager.findOneBy(Device, { id }) : null;
    if (device === null) return null;
    const { applicationId, platform, token } = device;
    return actor.reaches(applicationId) ? this.remove(actor, applicationId, platform, token) : null;
  }

  /**
   * Returns a device.
   * @throws ForbiddenError, DeviceNotFoundError, also where the actor does not reach its application
   */
  async get(actor: Actor, id: string): Promise<Device> {
    const [device] = isDeviceId(id) ? await this.find(actor, [id]) : [];
    if (device === undefined) throw new DeviceNotFoundError(id);
    return device;
  }

  /**
   * Finds devices by their ids, without those that are gone or that the actor does not reach.
   * @throws ForbiddenError
   */
  async find(actor: Actor, ids: readonly string[]): Promise<Device[]> {
    const rows = await preparedQuery(
      this.dataSource.manager,
      `SELECT ${deviceRows.select} FROM devices AS device
       WHERE id = ANY ($1::bigint[]) AND (application_id = ANY ($2::int[])) IS NOT FALSE`,
      [ids, actor.reach('devices:read') ?? null],
    );
    return rows.map(deviceRows.read);
  }

  /** Lists the activations of devices that the actor reaches, by their ids. @throws ForbiddenError */
  async activationsOf(actor: Actor, deviceIds: readonly string[]): Promise<Activation[]> {
    const reach = inApplications(actor.reach('devices:read'));
    return this.dataSource.manager.find(Activation, {
      where: { device: { id: In([...deviceIds]), ...reach } },
      order: { id: 'ASC' },
    });
  }

  private async removeSpelled(
    actor: Actor,
    applicationId: number,
    spelled: readonly { readonly platform: Platform; readonly token: string }[],
  ): Promise<Device | null> {
    const [row] = await this.dataSource.query<object[]>(removeStatement, [
      ...actorParameters(actor),
      applicationId,
      spelled.map(({ platform }) => platform),
      spelled.map(({ token }) => token),
    ]);
    return row === undefined ? null : deviceRows.read(row);
  }
}

const isDeviceId = (id: string) => /^\d{1,18}$/.test(id);

function namesOf(registrant: Registrant | undefined): { userId?: string; activationId?: string } {
  return registrant ?? {};
}
