import { ApplicationNotFoundError, type Gateway, preparedQuery, SealedSecrets } from '@app/core';
import { type CredentialFacts, type CredentialOf, gatewayKinds } from '@app/push';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { Application } from './application.entity';
import { GatewayCredential } from './gateway-credential.entity';
import { PushProfile } from './push-profile.entity';

/** A credential in clear, for its gateway only. `version` changes whenever it does, `realm` with the app that it is for. */
export type OpenCredential<G extends Gateway> = CredentialOf<G> &
  Pick<GatewayCredential, 'version' | 'realm'>;

/** What tokens of an application's users must say; null where it names nothing. */
export interface UserTokenClaims {
  readonly issuer: string | null;
  readonly audience: string | null;
}

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
  async get(id: number): Promise<Application> {
    return this.getIn(this.dataSource.manager, id);
  }

  /** Returns an application as it is in a transaction. @throws ApplicationNotFoundError */
  async getIn(transaction: EntityManager, id: number): Promise<Application> {
    const application = isApplicationId(id)
      ? await transaction.findOneBy(Application, { id })
      : null;
    if (application === null) throw new ApplicationNotFoundError(id);
    return application;
  }

  /** Returns what tokens of an application's users must say; nothing where there is no such application. */
  async userTokenClaims(id: number): Promise<UserTokenClaims> {
    const [claims] = await preparedQuery<UserTokenClaims>(
      this.dataSource.manager,
      'SELECT user_token_issuer AS issuer, user_token_audience AS audience FROM applications WHERE id = $1',
      [id],
    );
    return claims ?? { issuer: null, audience: null };
  }

  /** @throws ApplicationNotFoundError */
  async assertExists(manager: EntityManager, id: number): Promise<void> {
    await this.getIn(manager, id);
  }

  /** Tells whether users link the e-mails that they write to their profiles, which proves nothing: only where it is wished. */
  async linksEmail(manager: EntityManager, applicationId: number): Promise<boolean> {
    const profile = await manager.findOne(PushProfile, {
      select: { applicationId: true, linksEmail: true },
      where: { applicationId },
    });
    return profile?.linksEmail ?? false;
  }

  /**
   * Holds it until the transaction ends, against other changes of it: only then is it known what it was before.
   * @throws ApplicationNotFoundError
   */
  async lock(transaction: EntityManager, id: number): Promise<Application> {
    const lock = { mode: 'for_no_key_update' } as const;
    const application = isApplicationId(id)
      ? await transaction.findOne(Application, { where: { id }, lock })
      : null;
    if (application === null) throw new ApplicationNotFoundError(id);
    return application;
  }

  /** Returns the version of an application's credential, which is another after each change; undefined where it has none. */
  async credentialVersion(applicationId: number, gateway: Gateway): Promise<string | undefined> {
    const rows = await preparedQuery<{ version: string }>(
      this.dataSource.manager,
      'SELECT version FROM gateway_credentials WHERE application_id = $1 AND gateway = $2',
      [applicationId, gateway],
    );
    return rows[0]?.version;
  }

  /** Opens the credential of an application, if it has one. @throws SecretUnreadableError */
  async credential<G extends Gateway>(
    applicationId: number,
    gateway: G,
  ): Promise<OpenCredential<G> | undefined> {
    return this.credentialIn(this.dataSource.manager, applicationId, gateway);
  }

  /** Opens the credential as it is in a transaction. @throws SecretUnreadableError */
  async credentialIn<G extends Gateway>(
    transaction: EntityManager,
    applicationId: number,
    gateway: G,
  ): Promise<OpenCredential<G> | undefined> {
    const stored = await transaction.findOneBy(GatewayCredential, { applicationId, gateway });
    if (stored === null) return undefined;
    const { version, realm, facts, sealed } = stored;
    const secret = this.secrets.open(sealed, credentialName(gateway, applicationId));
    return {
      ...facts,
      [gatewayKinds[gateway].secretName]: secret,
      version,
      realm,
    } as unknown as OpenCredential<G>;
  }

  /** Returns what of a credential needs no key to be read. */
  async credentialFacts<G extends Gateway>(
    applicationId: number,
    gateway: G,
  ): Promise<CredentialFacts<G> | undefined> {
    const found = await this.dataSource.manager.findOne(GatewayCredential, {
      select: { applicationId: true, gateway: true, facts: true },
      where: { applicationId, gateway },
    });
    return found?.facts as CredentialFacts<G> | undefined;
  }
}

/**
 * Tells whether an application may have this id. PowerAuth's may be longer than ours; such an application we do not
 * have.
 */
export const isApplicationId = (id: number) => Number.isInteger(id) && id >= 1 && id <= largestId;

/** Names a credential: for what it is sealed, and in the audit trail. */
export const credentialName = (gateway: Gateway, id: number) => `${gateway}-credential:${id}`;
