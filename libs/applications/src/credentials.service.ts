import { randomUUID } from 'node:crypto';
import { Audit } from '@app/audit';
import { type Actor, Clock, type Gateway, SealedSecrets } from '@app/core';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager, In } from 'typeorm';
import { ApnsCredential } from './apns-credential.entity';
import { ApplicationStore, credentialName } from './application-store';
import type { Application } from './application.entity';
import {
  type ApnsCredentialInput,
  apnsCredentialProblems,
  type FcmCredentialInput,
  fcmCredentialProblems,
  privateKeyText,
  serviceAccountText,
} from './credential-checks';
import { FcmCredential } from './fcm-credential.entity';

/** Credentials without their secrets. */
export type ApnsDescription = Omit<ApnsCredential, 'privateKey' | 'application'>;
export type FcmDescription = Omit<FcmCredential, 'serviceAccount' | 'application'>;

/** Without an environment: for the one of the present credential, or production. */
export type ApnsCredentialChange = Omit<ApnsCredentialInput, 'environment'> &
  Partial<Pick<ApnsCredentialInput, 'environment'>>;

/** What people do with the credentials for the gateways. Nobody reads their secrets back. */
@Injectable()
export class CredentialsService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly store: ApplicationStore,
    private readonly secrets: SealedSecrets,
    private readonly clock: Clock,
    private readonly audit: Audit,
  ) {}

  /**
   * Stores a credential that differs from the stored one; the same again changes nothing.
   * @throws ForbiddenError, InvalidCredentialError, ApplicationNotFoundError
   */
  async configureApns(
    actor: Actor,
    id: number,
    change: ApnsCredentialChange,
    manager: EntityManager = this.dataSource.manager,
  ): Promise<Application> {
    actor.demand('credentials:write', id);
    for (const problem of apnsCredentialProblems({ environment: 'production', ...change })) {
      throw problem;
    }
    return manager.transaction(async (transaction) => {
      const application = await this.store.lock(id, transaction);
      const present = await this.store.apnsCredential(id, transaction);
      const input = {
        environment: present?.environment ?? 'production',
        ...change,
        privateKey: privateKeyText(change.privateKey),
      } as const;
      if (present !== undefined && !differs(input, present)) return application;
      const { bundle, keyId, teamId, environment, privateKey } = input;
      await transaction.upsert(
        ApnsCredential,
        {
          applicationId: id,
          version: randomUUID(),
          bundle,
          keyId,
          teamId,
          environment,
          privateKey: this.secrets.seal(privateKey, credentialName('apns', id)),
          updatedAt: this.clock.now(),
        },
        ['applicationId'],
      );
      const before = present && apnsFacts(present);
      const isNewKey = present?.privateKey !== privateKey;
      const after = { ...apnsFacts(input), ...(isNewKey && { privateKey: 'new' }) };
      await this.record(actor, 'configure', 'apns', id, { before, after }, transaction);
      return application;
    });
  }

  /**
   * Stores a credential that differs from the stored one; the same again changes nothing.
   * @throws ForbiddenError, InvalidCredentialError, ApplicationNotFoundError
   */
  async configureFcm(
    actor: Actor,
    id: number,
    given: FcmCredentialInput,
    manager: EntityManager = this.dataSource.manager,
  ): Promise<Application> {
    actor.demand('credentials:write', id);
    for (const problem of fcmCredentialProblems(given)) throw problem;
    const input = { ...given, serviceAccount: serviceAccountText(given.serviceAccount) };
    return manager.transaction(async (transaction) => {
      const application = await this.store.lock(id, transaction);
      const present = await this.store.fcmCredential(id, transaction);
      if (present !== undefined && !differs(input, present)) return application;
      const { projectId, serviceAccount } = input;
      await transaction.upsert(
        FcmCredential,
        {
          applicationId: id,
          version: randomUUID(),
          projectId,
          serviceAccount: this.secrets.seal(serviceAccount, credentialName('fcm', id)),
          updatedAt: this.clock.now(),
        },
        ['applicationId'],
      );
      const before = present && { projectId: present.projectId };
      const isNewKey = present?.serviceAccount !== serviceAccount;
      const after = { projectId, ...(isNewKey && { serviceAccount: 'new' }) };
      await this.record(actor, 'configure', 'fcm', id, { before, after }, transaction);
      return application;
    });
  }

  /** @throws ForbiddenError, ApplicationNotFoundError */
  async removeApns(actor: Actor, id: number): Promise<Application> {
    actor.demand('credentials:write', id);
    return this.dataSource.transaction(async (manager) => {
      const application = await this.store.lock(id, manager);
      const present = await manager.findOneBy(ApnsCredential, { applicationId: id });
      if (present === null) return application;
      await manager.delete(ApnsCredential, { applicationId: id });
      await this.record(actor, 'remove', 'apns', id, { before: apnsFacts(present) }, manager);
      return application;
    });
  }

  /** @throws ForbiddenError, ApplicationNotFoundError */
  async removeFcm(actor: Actor, id: number): Promise<Application> {
    actor.demand('credentials:write', id);
    return this.dataSource.transaction(async (manager) => {
      const application = await this.store.lock(id, manager);
      const present = await manager.findOneBy(FcmCredential, { applicationId: id });
      if (present === null) return application;
      await manager.delete(FcmCredential, { applicationId: id });
      const before = { projectId: present.projectId };
      await this.record(actor, 'remove', 'fcm', id, { before }, manager);
      return application;
    });
  }

  /** What may be shown of the APNs credentials of those of these applications that the actor reaches. @throws ForbiddenError */
  async describeApns(actor: Actor, ids: readonly number[]): Promise<ApnsDescription[]> {
    return this.dataSource.manager.find(ApnsCredential, {
      select: {
        applicationId: true,
        version: true,
        bundle: true,
        keyId: true,
        teamId: true,
        environment: true,
        updatedAt: true,
      },
      where: { applicationId: In(readable(actor, ids)) },
    });
  }

  /** What may be shown of the FCM credentials of those of these applications that the actor reaches. @throws ForbiddenError */
  async describeFcm(actor: Actor, ids: readonly number[]): Promise<FcmDescription[]> {
    return this.dataSource.manager.find(FcmCredential, {
      select: { applicationId: true, version: true, projectId: true, updatedAt: true },
      where: { applicationId: In(readable(actor, ids)) },
    });
  }

  private async record(
    actor: Actor,
    verb: 'configure' | 'remove',
    gateway: Gateway,
    applicationId: number,
    states: { readonly before?: object | undefined; readonly after?: object },
    manager: EntityManager,
  ): Promise<void> {
    const target = credentialName(gateway, applicationId);
    const event = { action: `credential.${verb}`, target, applicationId, ...states };
    await this.audit.record(actor, event, manager);
  }
}

function readable(actor: Actor, ids: readonly number[]): number[] {
  actor.demandSomewhere('applications:read');
  return ids.filter((id) => actor.may('applications:read', id));
}

/** What the audit trail may hold. */
function apnsFacts({
  bundle,
  keyId,
  teamId,
  environment,
}: Omit<ApnsCredentialInput, 'privateKey'>) {
  return { bundle, keyId, teamId, environment };
}

function differs<Input extends object>(input: Input, stored: Input): boolean {
  return (Object.keys(input) as (keyof Input)[]).some((key) => input[key] !== stored[key]);
}
