import { ApplicationsService, CredentialsService, PushProfilesService } from '@app/applications';
import { Actor, holdLock } from '@app/core';
import { LaneLimits } from '@app/delivery';
import { ActivationsService } from '@app/devices';
import { Injectable, Logger } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { CallersProvisioner } from './callers-provisioner';
import type { Provisioning } from './provisioning-file';

const actor = Actor.system('provisioning');

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
    private readonly credentials: CredentialsService,
    private readonly limits: LaneLimits,
    private readonly pushProfiles: PushProfilesService,
    private readonly activations: ActivationsService,
    private readonly callers: CallersProvisioner,
  ) {}

  async apply(provisioning: Provisioning): Promise<void> {
    const { operators, applications, clients, serviceAccounts, apiKeys, activations } =
      provisioning;
    await this.dataSource.transaction(async (manager) => {
      await holdLock('provisioning', manager);
      for (const operator of operators) await this.callers.applyOperator(operator, manager);
      for (const application of applications) await this.applyApplication(application, manager);
      for (const client of clients) await this.callers.applyClient(client, manager);
      for (const account of serviceAccounts) {
        await this.callers.applyServiceAccount(account, manager);
      }
      for (const apiKey of apiKeys) await this.callers.applyApiKey(apiKey, manager);
      const registered = this.activations.within(manager);
      for (const activation of activations) await registered.register(actor, activation);
    });
    const parts = Object.entries({
      operators,
      applications,
      clients,
      serviceAccounts,
      apiKeys,
      activations,
    });
    const counts = parts.filter(([, list]) => list.length > 0);
    this.logger.log(
      `Provisioned ${counts.map(([name, { length }]) => `${length} ${name}`).join(', ')}`,
    );
  }

  private async applyApplication(
    application: Provisioning['applications'][number],
    manager: EntityManager,
  ): Promise<void> {
    const { id, name, apns, fcm, limits, userKeys, userTokens, pushProfile } = application;
    const applications = this.applications.within(manager);
    const credentials = this.credentials.within(manager);
    const [present] = await applications.find(actor, [id]);
    if (present === undefined) await applications.create(actor, { id, name });
    else await applications.rename(actor, id, name);
    if (apns !== undefined) await credentials.configure(actor, id, 'apns', apns);
    if (fcm !== undefined) await credentials.configure(actor, id, 'fcm', fcm);
    if (limits !== undefined) await this.limits.within(manager).set(actor, id, limits);
    if (userTokens !== undefined) {
      const { issuer = null, audience = null } = userTokens;
      await applications.nameUserTokens(actor, id, { issuer, audience });
    }
    if (pushProfile !== undefined) {
      await this.pushProfiles.within(manager).configure(actor, id, pushProfile);
    }
    await this.callers.applyKeys({ kind: 'application', id: String(id) }, userKeys, manager);
  }
}
