import { ApplicationStore, isApplicationId } from '@app/applications';
import { type Actor, type Platform, preparedQuery } from '@app/core';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager, In } from 'typeorm';
import { Activation } from './activation.entity';
import { Device } from './device.entity';
import { ActivationNotFoundError, DeviceNotFoundError } from './devices.errors';
import { isOwn } from './own-devices';
import { canonicalToken, checkActivationId, checkUserId, spellings } from './push-token';
import { RegistrationBatches } from './registration-batches';
import {
  actorParameters,
  deviceColumns,
  removeOwnStatement,
  removeStatement,
  type StoredDevice,
} from './registration.statements';

/** Who uses the device: a user directly, or through an activation that is known to us. */
export type Registrant = { readonly userId: string } | { readonly activationId: string };

export interface Registration {
  readonly applicationId: number;
  readonly platform: Platform;
  readonly token: string;
  readonly registrant?: Registrant;
}

/** A token and where it works. */
export type PushAddress = Omit<Registration, 'registrant'>;

/** A gateway's word that a token is dead. */
export interface DeadToken {
  readonly deviceId: string;
  /** The token that was sent to; the device may have another by now. */
  readonly token: string;
  readonly reason: string;
  /** When the token was read, or since when the gateway knows: a later registration wins. */
  readonly deadSince: Date;
}

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
    const row = await this.batches.store({
      actor,
      applicationId,
      platform,
      token,
      userId,
      activationId,
    });
    if (row !== undefined) return Object.assign(new Device(), row);
    await this.applications.assertExists(applicationId);
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
   * @returns as it was
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
    const [row] = await this.dataSource.query<StoredDevice[]>(removeOwnStatement, parameters);
    return row === undefined ? null : Object.assign(new Device(), row);
  }

  /** As `remove`; one out of reach is not there. @throws ForbiddenError */
  async removeById(actor: Actor, id: string): Promise<Device | null> {
    if (actor.kind !== 'user' && actor.kind !== 'profile') actor.demandSomewhere('devices:write');
    const device = isDeviceId(id) ? await this.dataSource.manager.findOneBy(Device, { id }) : null;
    if (device === null) return null;
    const { applicationId, platform, token } = device;
    const isReached = actor.applicationIds?.includes(applicationId) ?? true;
    return isReached ? this.remove(actor, applicationId, platform, token) : null;
  }

  /** @throws ForbiddenError, DeviceNotFoundError, also where the actor does not reach its application */
  async get(actor: Actor, id: string): Promise<Device> {
    const [device] = isDeviceId(id) ? await this.find(actor, [id]) : [];
    if (device === undefined) throw new DeviceNotFoundError(id);
    return device;
  }

  /** By id; what is gone, or not reached by the actor, is left out. @throws ForbiddenError */
  async find(actor: Actor, ids: readonly string[]): Promise<Device[]> {
    const rows = await preparedQuery<StoredDevice>(
      this.dataSource.manager,
      `SELECT ${deviceColumns} FROM devices
       WHERE id = ANY ($1::bigint[]) AND (application_id = ANY ($2::int[])) IS NOT FALSE`,
      [ids, actor.reach('devices:read') ?? null],
    );
    return rows.map((row) => Object.assign(new Device(), row));
  }

  /** Of the devices that the actor reaches, by id. @throws ForbiddenError */
  async activationsOf(actor: Actor, deviceIds: readonly string[]): Promise<Activation[]> {
    return this.dataSource.manager.find(Activation, {
      where: { device: { id: In([...deviceIds]), ...reached(actor) } },
      order: { id: 'ASC' },
    });
  }

  /**
   * Retires the devices whose token is dead, unless they have another token or registered again since.
   * Only a token fault may lead here: no fault of ours ever costs a device.
   * @returns how many were retired
   */
  async retire(
    dead: readonly DeadToken[],
    manager: EntityManager = this.dataSource.manager,
  ): Promise<number> {
    if (dead.length === 0) return 0;
    // Locked by id, as all do who lock several: two that lock the same devices must not lock each other out.
    const [, retired] = await manager.query<[unknown, number]>(
      `WITH retiring AS (
         SELECT devices.id, dead.reason
         FROM devices JOIN unnest($1::bigint[], $2::text[], $3::text[], $4::timestamptz[]) AS dead (id, token, reason, since)
           ON devices.id = dead.id AND devices.token = dead.token
         WHERE registered_at <= since AND retired_at IS NULL
         ORDER BY devices.id FOR UPDATE OF devices
       )
       UPDATE devices SET retired_at = now(), retired_reason = retiring.reason
       FROM retiring WHERE devices.id = retiring.id`,
      [
        dead.map((device) => device.deviceId),
        dead.map((device) => device.token),
        dead.map((device) => device.reason),
        dead.map((device) => device.deadSince),
      ],
    );
    return retired;
  }

  private async removeSpelled(
    actor: Actor,
    applicationId: number,
    spelled: readonly { readonly platform: Platform; readonly token: string }[],
  ): Promise<Device | null> {
    const [row] = await this.dataSource.query<StoredDevice[]>(removeStatement, [
      ...actorParameters(actor),
      applicationId,
      spelled.map(({ platform }) => platform),
      spelled.map(({ token }) => token),
    ]);
    return row === undefined ? null : Object.assign(new Device(), row);
  }
}

const isDeviceId = (id: string) => /^\d{1,18}$/.test(id);

/** Which devices the actor may see. @throws ForbiddenError when none at all */
function reached(actor: Actor) {
  actor.demandSomewhere('devices:read');
  const { applicationIds } = actor;
  return applicationIds === undefined ? {} : { applicationId: In([...applicationIds]) };
}

function namesOf(registrant: Registrant | undefined): { userId?: string; activationId?: string } {
  return registrant ?? {};
}
