import { ApplicationStore } from '@app/applications';
import { Audit } from '@app/audit';
import { type Actor, Config } from '@app/core';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { InvalidDeviceError } from '../checks/invalid-device.error';
import { type ListedDevice, registerList, type RegistrationOutcome } from './bulk-registration';

/** The most devices that one call may register. */
const largestList = 10_000;

/** A list of devices without end, which comes in parts. */
export interface DeviceImport {
  readonly applicationId: number;
  /** How many devices were not there before. */
  readonly registered: number;
  /** How many rows named a device that was there. */
  readonly renewed: number;
}

/** Registers devices in numbers, by the rules of a single registration. */
@Injectable()
export class DeviceImportsService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly applications: ApplicationStore,
    private readonly audit: Audit,
    private readonly config: Config,
  ) {}

  /**
   * Registers a list in one transaction. A device that is wrong is answered so in its place and hinders no other.
   * @throws ForbiddenError, InvalidDeviceError for an empty list or one that is too long, ApplicationNotFoundError
   */
  async register(
    actor: Actor,
    applicationId: number,
    list: readonly ListedDevice[],
  ): Promise<readonly RegistrationOutcome[]> {
    actor.demand('devices:write', applicationId);
    if (list.length === 0 || list.length > largestList) {
      throw new InvalidDeviceError('devices', `wants 1 to ${largestList} devices a call`);
    }
    return this.dataSource.transaction((manager) =>
      registerList(actor, applicationId, list, manager, this.config.devicesPerUser, true),
    );
  }

  /** Begins an import, of which nothing is stored yet. @throws ForbiddenError, ApplicationNotFoundError */
  async begin(actor: Actor, applicationId: number): Promise<DeviceImport> {
    actor.demand('devices:write', applicationId);
    await this.applications.assertExists(this.dataSource.manager, applicationId);
    return { applicationId, registered: 0, renewed: 0 };
  }

  /**
   * Registers the next part of an import in a transaction of its own. The audit trail has an event of each part
   * that changed something: how far the import has come.
   * @throws ApplicationNotFoundError
   */
  async add(
    actor: Actor,
    { applicationId, ...counted }: DeviceImport,
    part: readonly ListedDevice[],
  ): Promise<{ next: DeviceImport; outcomes: readonly RegistrationOutcome[] }> {
    return this.dataSource.transaction(async (manager) => {
      const { devicesPerUser } = this.config;
      const outcomes = await registerList(actor, applicationId, part, manager, devicesPerUser);
      const stored = outcomes.filter((outcome) => 'deviceId' in outcome);
      const created = stored.filter(({ isNew }) => isNew).length;
      const registered = counted.registered + created;
      const renewed = counted.renewed + stored.length - created;
      if (stored.some(({ isChanged }) => isChanged)) {
        const action = 'device.import';
        const target = `application:${applicationId}`;
        const event = { action, target, applicationId, after: { registered, renewed } };
        await this.audit.record(actor, event, manager);
      }
      return { next: { applicationId, registered, renewed }, outcomes };
    });
  }
}
