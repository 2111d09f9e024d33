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
    const { applicationId, platform } = registration;
    const rows = await this.dataSource.query<StoredDevice[]>(registerStatement, [
      applicationId,
      platform,
      token,
      registrant !== undefined && 'userId' in registrant ? registrant.userId : null,
      registrant !== undefined && 'activationId' in registrant ? registrant.activationId : null,
    ]);
    const [row] = rows;
    if (row !== undefined) return Object.assign(new Device(), row);
    await this.applications.get(applicationId);
    throw new ActivationNotFoundError(
      registrant !== undefined && 'activationId' in registrant ? registrant.activationId : '',
    );
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

type StoredDevice = Omit<Device, 'application'>;

/**
 * One round trip, as registration is the most frequent call by far: the device, then whom it belongs to. No row comes
 * back, and nothing is written, when there is no such application ($1) or activation ($5).
 */
const registerStatement = `
  WITH device AS (
    INSERT INTO devices (application_id, platform, token)
    SELECT id, $2::platform, $3 FROM applications
    WHERE id = $1 AND ($5::text IS NULL OR EXISTS (SELECT FROM activations WHERE id = $5 AND status <> 'REMOVED'))
    ON CONFLICT (application_id, token) DO UPDATE
      SET platform = excluded.platform, registered_at = now(), retired_at = NULL, retired_reason = NULL
    RETURNING *
  ), person AS (
    INSERT INTO users (id) SELECT $4 FROM device WHERE $4::text IS NOT NULL ON CONFLICT DO NOTHING
  ), direct AS (
    INSERT INTO activations (id, user_id, device_id, status)
    SELECT device.id || ':' || $4, $4, device.id, 'ACTIVE' FROM device WHERE $4 IS NOT NULL
    ON CONFLICT (id) DO UPDATE SET status = 'ACTIVE', device_id = excluded.device_id, updated_at = now()
  ), known AS (
    UPDATE activations SET device_id = device.id, updated_at = now() FROM device WHERE activations.id = $5
  )
  SELECT id, application_id AS "applicationId", platform, token, registered_at AS "registeredAt",
    retired_at AS "retiredAt", retired_reason AS "retiredReason"
  FROM device`;
