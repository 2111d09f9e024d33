import { type Actor, Config, Gathering, UnitOfWork } from '@app/core';
import { Injectable, Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Device } from '../device/device.entity';
import { type CheckedRegistration, storeRegistrations } from './store-registrations';

/** A registration that is asked for by itself, not in a list. */
export interface SingleRegistration extends CheckedRegistration {
  readonly actor: Actor;
  readonly applicationId: number;
}

const largestBatch = 100;

/**
 * Stores registrations that come at the same time together, with one commit for all: when an app's new version makes
 * every device register, PostgreSQL would be busy with the commits.
 */
@Injectable()
export class RegistrationBatches {
  private readonly gathering = new Gathering<SingleRegistration, Device | undefined>(
    {
      name: 'registrations',
      largest: largestBatch,
      // None waits for what locks the devices of another application.
      queueOf: ({ applicationId }) => applicationId,
      // Each is answered the device as it left it.
      keyOf: ({ token }) => token,
      together: (list) => this.storeTogether(list),
      alone: (registration) => this.storeOne(registration),
    },
    new Logger(RegistrationBatches.name),
  );

  constructor(
    private readonly dataSource: DataSource,
    private readonly config: Config,
  ) {}

  /** Stores a registration. @returns undefined when there is no such application, or no such activation in the actor's reach */
  async store(registration: SingleRegistration): Promise<Device | undefined> {
    const isInUnit = UnitOfWork.current() !== undefined; // which others can't share
    return registration.activationId !== undefined || isInUnit
      ? this.storeOne(registration)
      : this.gathering.do(registration);
  }

  private async storeTogether(
    list: readonly SingleRegistration[],
  ): Promise<(Device | undefined)[]> {
    const applicationId = list[0]?.applicationId ?? 0;
    const { devicesPerUser } = this.config;
    const { manager } = this.dataSource;
    const stored = await storeRegistrations(manager, applicationId, list, { devicesPerUser });
    return stored.map((one) => one?.device);
  }

  private async storeOne(registration: SingleRegistration): Promise<Device | undefined> {
    const { actor, applicationId } = registration;
    const { manager } = this.dataSource;
    const bounds = { devicesPerUser: this.config.devicesPerUser, reach: actor.applicationIds };
    const [stored] = await storeRegistrations(manager, applicationId, [registration], bounds);
    return stored?.device;
  }
}
