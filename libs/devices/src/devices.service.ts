import { ApplicationsService } from '@app/applications';
import type { Platform } from '@app/core';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager, In } from 'typeorm';
import { Activation, type ActivationStatus, activationStatuses } from './activation.entity';
import { Device } from './device.entity';
import { ActivationNotFoundError, DeviceNotFoundError, InvalidDeviceError } from './devices.errors';
import { canonicalToken, checkActivationId, checkUserId } from './push-token';

/** Who uses the device: a user directly, or through an activation that is known to us. */
export type Registrant = { readonly userId: string } | { readonly activationId: string };

export interface Registration {
  readonly applicationId: number;
  readonly platform: Platform;
  readonly token: string;
  readonly registrant?: Registrant;
}

export interface ActivationInput {
  readonly activationId: string;
  readonly userId: string;
  readonly status: ActivationStatus;
}

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
    private readonly applications: ApplicationsService,
  ) {}

  /**
   * Registers a token, or registers it again: one device per application and token, however often and however
   * parallel. A device that was retired comes back to life. Its other users keep it.
   * @throws InvalidDeviceError, ApplicationNotFoundError, ActivationNotFoundError
   */
  async register(registration: Registration): Promise<Device> {
    const token = canonicalToken(registration.platform, registration.token);
    const { registrant } = registration;
    if (registrant !== undefined && 'userId' in registrant) checkUserId(registrant.userId);
    await this.applications.get(registration.applicationId);
    return this.dataSource.transaction(async (manager) => {
      const [{ id }] = await manager.query<[{ id: string }]>(
        `INSERT INTO devices (application_id, platform, token) VALUES ($1, $2, $3)
         ON CONFLICT (application_id, token) DO UPDATE
           SET platform = excluded.platform, registered_at = now(), retired_at = NULL, retired_reason = NULL
         RETURNING id`,
        [registration.applicationId, registration.platform, token],
      );
      if (registrant !== undefined) await attach(manager, id, registrant);
      return manager.findOneByOrFail(Device, { id });
    });
  }

  /** Removes the device with its users. Nothing found is fine. @returns whether it was there */
  async remove(applicationId: number, platform: Platform, token: string): Promise<boolean> {
    const canonical = canonicalToken(platform, token);
    const { affected } = await this.dataSource.manager.delete(Device, {
      applicationId,
      token: canonical,
    });
    return affected === 1;
  }

  /**
   * Makes an activation known, or changes its user or status; the same again changes nothing.
   * @throws InvalidDeviceError
   */
  async registerActivation(
    input: ActivationInput,
    manager: EntityManager = this.dataSource.manager,
  ): Promise<Activation> {
    const id = checkActivationId(input.activationId);
    if (!activationStatuses.includes(input.status)) {
      throw new InvalidDeviceError('status', `wants one of ${activationStatuses.join(', ')}`);
    }
    await manager.query(
      `WITH person AS (INSERT INTO users (id) VALUES ($2) ON CONFLICT DO NOTHING)
       INSERT INTO activations (id, user_id, status) VALUES ($1, $2, $3)
       ON CONFLICT (id) DO UPDATE SET user_id = excluded.user_id, status = excluded.status, updated_at = now()
         WHERE (activations.user_id, activations.status) IS DISTINCT FROM (excluded.user_id, excluded.status)`,
      [id, checkUserId(input.userId), input.status],
    );
    return manager.findOneByOrFail(Activation, { id });
  }

  /** @throws DeviceNotFoundError */
  async get(id: string): Promise<Device> {
    const device = /^\d{1,18}$/.test(id)
      ? await this.dataSource.manager.findOneBy(Device, { id })
      : null;
    if (device === null) throw new DeviceNotFoundError(id);
    return device;
  }

  /** By id; what is gone is left out. */
  async find(ids: readonly string[]): Promise<Device[]> {
    return this.dataSource.manager.findBy(Device, { id: In([...ids]) });
  }

  async activationsOf(deviceIds: readonly string[]): Promise<Activation[]> {
    return this.dataSource.manager.find(Activation, {
      where: { deviceId: In([...deviceIds]) },
      order: { id: 'ASC' },
    });
  }

  /**
   * Retires the devices whose token is dead, unless they have another token or registered again since.
   * Only a token fault may lead here: no fault of ours ever costs a device.
   * @returns how many were retired
   */
  async retire(dead: readonly DeadToken[]): Promise<number> {
    if (dead.length === 0) return 0;
    const [, retired] = await this.dataSource.query<[unknown, number]>(
      `UPDATE devices SET retired_at = now(), retired_reason = dead.reason
       FROM unnest($1::bigint[], $2::text[], $3::text[], $4::timestamptz[]) AS dead (id, token, reason, since)
       WHERE devices.id = dead.id AND devices.token = dead.token
         AND devices.registered_at <= dead.since AND devices.retired_at IS NULL`,
      [
        dead.map((device) => device.deviceId),
        dead.map((device) => device.token),
        dead.map((device) => device.reason),
        dead.map((device) => device.deadSince),
      ],
    );
    return retired;
  }
}

/** @throws ActivationNotFoundError */
async function attach(
  manager: EntityManager,
  deviceId: string,
  registrant: Registrant,
): Promise<void> {
  if ('activationId' in registrant) {
    const [, attached] = await manager.query<[unknown, number]>(
      `UPDATE activations SET device_id = $2, updated_at = now() WHERE id = $1 AND status <> 'REMOVED'`,
      [registrant.activationId, deviceId],
    );
    if (attached === 0) throw new ActivationNotFoundError(registrant.activationId);
    return;
  }
  await manager.query(
    `WITH person AS (INSERT INTO users (id) VALUES ($2) ON CONFLICT DO NOTHING)
     INSERT INTO activations (id, user_id, device_id, status) VALUES ($3, $2, $1, 'ACTIVE')
     ON CONFLICT (id) DO UPDATE SET status = 'ACTIVE', device_id = excluded.device_id, updated_at = now()`,
    [deviceId, registrant.userId, `${deviceId}:${registrant.userId}`],
  );
}
