import { type Gateway, SealedSecrets } from '@app/core';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { ApnsCredential } from './apns-credential.entity';
import { Application } from './application.entity';
import { ApplicationNotFoundError } from './applications.errors';
import type { ApnsCredentialInput, FcmCredentialInput } from './credential-checks';
import { FcmCredential } from './fcm-credential.entity';

/** Credentials in clear, for the gateways only. `version` changes whenever they do. */
export type OpenApnsCredential = ApnsCredentialInput & { readonly version: string };
export type OpenFcmCredential = FcmCredentialInput & { readonly version: string };

const largestId = 2_147_483_647;

/**
 * What the server itself has to know of an application to do what it was told. Nobody's permission is asked here: what
 * a person wants to see or change goes through ApplicationsService and CredentialsService.
 */
@Injectable()
export class ApplicationStore {
  constructor(
    private readonly dataSource: DataSource,
    private readonly secrets: SealedSecrets,
  ) {}

  /** @throws ApplicationNotFoundError */
  async get(id: number, manager: EntityManager = this.dataSource.manager): Promise<Application> {
    const application = isApplicationId(id) ? await manager.findOneBy(Application, { id }) : null;
    if (application === null) throw new ApplicationNotFoundError(id);
    return application;
  }

  /** @throws ApplicationNotFoundError */
  async assertExists(id: number, manager?: EntityManager): Promise<void> {
    await this.get(id, manager);
  }

  /**
   * Holds it until the transaction ends, against other changes of it: only then is it known what it was before.
   * @throws ApplicationNotFoundError
   */
  async lock(id: number, manager: EntityManager): Promise<Application> {
    const lock = { mode: 'for_no_key_update' } as const;
    const application = isApplicationId(id)
      ? await manager.findOne(Application, { where: { id }, lock })
      : null;
    if (application === null) throw new ApplicationNotFoundError(id);
    return application;
  }

  /** @throws SecretUnreadableError */
  async apnsCredential(
    id: number,
    manager: EntityManager = this.dataSource.manager,
  ): Promise<OpenApnsCredential | undefined> {
    const stored = await manager.findOneBy(ApnsCredential, { applicationId: id });
    if (stored === null) return undefined;
    const { version, bundle, keyId, teamId, environment } = stored;
    const privateKey = this.secrets.open(stored.privateKey, credentialName('apns', id));
    return { version, bundle, keyId, teamId, environment, privateKey };
  }

  /** @throws SecretUnreadableError */
  async fcmCredential(
    id: number,
    manager: EntityManager = this.dataSource.manager,
  ): Promise<OpenFcmCredential | undefined> {
    const stored = await manager.findOneBy(FcmCredential, { applicationId: id });
    if (stored === null) return undefined;
    const { version, projectId } = stored;
    const serviceAccount = this.secrets.open(stored.serviceAccount, credentialName('fcm', id));
    return { version, projectId, serviceAccount };
  }
}

/** PowerAuth's ids may be longer than ours; such an application we do not have. */
export const isApplicationId = (id: number) => Number.isInteger(id) && id >= 1 && id <= largestId;

/** What a credential is sealed for, and its name in the audit trail. */
export const credentialName = (gateway: Gateway, id: number) => `${gateway}-credential:${id}`;
