import { ApplicationsService } from '@app/applications';
import { DevicesService } from '@app/devices';
import { Injectable, Logger } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import type { Provisioning } from './provisioning-file';

/** Any fixed number, another than the one of `migrate`: it spells PROV. */
const advisoryLock = 0x50524f56;

/**
 * Makes the database agree with the provisioning file. What the file does not name stays as it is; the same file again
 * changes nothing. Processes that start together take turns.
 */
@Injectable()
export class Provisioner {
  private readonly logger = new Logger(Provisioner.name);

  constructor(
    private readonly dataSource: DataSource,
    private readonly applications: ApplicationsService,
    private readonly devices: DevicesService,
  ) {}

  async apply({ applications, activations }: Provisioning): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      await manager.query('SELECT pg_advisory_xact_lock($1)', [advisoryLock]);
      for (const application of applications) await this.applyApplication(application, manager);
      for (const activation of activations) {
        await this.devices.registerActivation(activation, manager);
      }
    });
    this.logger.log(
      `Provisioned ${applications.length} applications and ${activations.length} activations`,
    );
  }

  private async applyApplication(
    { id, name, apns, fcm, limits }: Provisioning['applications'][number],
    manager: EntityManager,
  ): Promise<void> {
    const [present] = await this.applications.find([id], manager);
    if (present === undefined) await this.applications.create({ id, name }, manager);
    else await this.applications.rename(id, name, manager);
    if (apns !== undefined) await this.applications.configureApns(id, apns, manager);
    if (fcm !== undefined) await this.applications.configureFcm(id, fcm, manager);
    if (limits !== undefined) await this.applications.setLimits(id, limits, manager);
  }
}
