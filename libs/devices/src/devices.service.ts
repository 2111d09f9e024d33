import { ApplicationNotFoundError, ApplicationsService } from '@app/applications';
import { Config, type Platform } from '@app/core';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager, In, QueryFailedError } from 'typeorm';
import { Activation, type ActivationStatus, activationStatuses } from './activation.entity';
import { ActivationSource, type KnownActivation } from './activation-source';
import { Device } from './device.entity';
import {
  ActivationNotActiveError,
  ActivationNotFoundError,
  ActivationSourceUnavailableError,
  DeviceNotFoundError,
  InvalidDeviceError,
  MultipleActivationsDisabledError,
  MultipleActivationsError,
  RegistrationIncompleteError,
} from './devices.errors';
import { canonicalToken, checkActivationId, checkUserId, spellings } from './push-token';
import {
  registerActivationsStatement,
  registerStatement,
  sharedTokenState,
  type StoredDevice,
  unusableActivationState,
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
    private readonly source: ActivationSource,
    private readonly config: Config,
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

  /**
   * Registers a token for an activation, as PowerAuth Push does: whose it is, and whether it is ACTIVE, is the source's
   * word. The activation leaves the token that it had; the only other activation of this token loses it.
   * @throws InvalidDeviceError, ApplicationNotFoundError, ActivationNotActiveError, MultipleActivationsError,
   * ActivationSourceUnavailableError
   */
  async registerActivationDevice(
    registration: PushAddress & { readonly activationId: string },
  ): Promise<Device> {
    const activationId = checkActivationId(registration.activationId);
    // Our own table says so in the same statement.
    const known = this.source.isRemote ? await this.registrable(activationId) : undefined;
    return this.attach(registration, new Map([[activationId, known]]), false);
  }

  /**
   * Registers a token for these activations and no others. Where some are refused, the rest is registered all the same.
   * @throws InvalidDeviceError, ApplicationNotFoundError, MultipleActivationsDisabledError, RegistrationIncompleteError
   */
  async registerActivationsDevice(
    registration: PushAddress & { readonly activationIds: readonly string[] },
  ): Promise<Device> {
    if (!this.config.powerAuthMultipleActivations) throw new MultipleActivationsDisabledError();
    const known = new Map<string, KnownActivation>();
    const refusals: unknown[] = [];
    const find = async (id: string) => {
      try {
        known.set(id, await this.registrable(id));
      } catch (error) {
        refusals.push(error);
      }
    };
    await Promise.all([...new Set(registration.activationIds)].map(find));
    const device = known.size > 0 ? await this.attach(registration, known, true) : undefined;
    if (device === undefined || refusals.length > 0)
      throw new RegistrationIncompleteError(refusals);
    return device;
  }

  /**
   * Sets an activation's status, by default to the one that its source tells. An activation that has no device is fine.
   * REMOVED keeps the row, so that a later status brings it back.
   * @throws InvalidDeviceError, ActivationSourceUnavailableError
   */
  async updateActivation(activationId: string, status?: ActivationStatus): Promise<void> {
    const id = checkActivationId(activationId);
    if (status === undefined && !this.source.isRemote) return;
    const now = status ?? (await this.ask(id, 'Update device status failed'))?.status;
    if (now === undefined) return;
    await this.dataSource.query(
      `UPDATE activations SET status = $2, updated_at = now() WHERE id = $1 AND status <> $2`,
      [id, now],
    );
  }

  /** Removes the device of a token on whatever platform, with its users. Nothing found is fine. */
  async removeToken(applicationId: number, token: string): Promise<void> {
    const stored = isStorableId(applicationId) ? spellings(token) : [];
    if (stored.length === 0) return;
    await this.dataSource.manager.delete(
      Device,
      stored.map((spelling) => ({ applicationId, ...spelling })),
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
    // In one order for everyone: two passes that retire the same devices must not lock each other out.
    const sorted = [...dead].sort((a, b) => Number(BigInt(a.deviceId) - BigInt(b.deviceId)));
    const [, retired] = await this.dataSource.query<[unknown, number]>(
      `UPDATE devices SET retired_at = now(), retired_reason = dead.reason
       FROM unnest($1::bigint[], $2::text[], $3::text[], $4::timestamptz[]) AS dead (id, token, reason, since)
       WHERE devices.id = dead.id AND devices.token = dead.token
         AND devices.registered_at <= dead.since AND devices.retired_at IS NULL`,
      [
        sorted.map((device) => device.deviceId),
        sorted.map((device) => device.token),
        sorted.map((device) => device.reason),
        sorted.map((device) => device.deadSince),
      ],
    );
    return retired;
  }

  /** The source's word about an activation that may register. */
  private async registrable(activationId: string): Promise<KnownActivation> {
    const known = await this.ask(checkActivationId(activationId), 'Device registration failed');
    if (known === undefined || known.status === 'REMOVED') throw new ActivationNotActiveError();
    return known;
  }

  private async ask(activationId: string, failed: string): Promise<KnownActivation | undefined> {
    try {
      return await this.source.find(activationId);
    } catch (error) {
      if (!(error instanceof ActivationSourceUnavailableError)) throw error;
      const message = `${failed} because activation status is unknown`;
      throw new ActivationSourceUnavailableError(error, message);
    }
  }

  private async attach(
    { applicationId, platform, token }: PushAddress,
    activations: ReadonlyMap<string, KnownActivation | undefined>,
    exactly: boolean,
  ): Promise<Device> {
    const canonical = canonicalToken(platform, token);
    if (!isStorableId(applicationId)) throw new ApplicationNotFoundError(applicationId);
    const known = [...activations.values()];
    const { isRemote } = this.source;
    try {
      const [row] = await this.dataSource.query<StoredDevice[]>(registerActivationsStatement, [
        applicationId,
        platform,
        canonical,
        [...activations.keys()],
        isRemote ? known.map((activation) => activation?.userId) : null,
        isRemote ? known.map((activation) => activation?.status) : null,
        exactly,
      ]);
      if (row !== undefined) return Object.assign(new Device(), row);
    } catch (error) {
      if (!(error instanceof QueryFailedError)) throw error;
      const { code } = error.driverError as { code?: string };
      if (code === sharedTokenState) throw new MultipleActivationsError();
      if (code === unusableActivationState) throw new ActivationNotActiveError();
      throw error;
    }
    throw new ApplicationNotFoundError(applicationId);
  }
}

/** PowerAuth's ids may be longer than ours; such an application we do not have. */
const isStorableId = (id: number) => Number.isInteger(id) && id >= 1 && id <= 2_147_483_647;
