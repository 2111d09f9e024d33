import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { Audit } from '@app/audit';
import { type Actor, Clock, type Gateway, inTransaction, SealedSecrets } from '@app/core';
import { type CredentialChange, type CredentialFacts, gatewayKinds } from '@app/push';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager, In } from 'typeorm';
import { ApplicationStore, credentialName } from './application-store';
import type { Application } from './application.entity';
import { InvalidCredentialError } from './applications.errors';
import { GatewayCredential } from './gateway-credential.entity';

/** A credential without its secret. */
export type CredentialDescription<G extends Gateway> = CredentialFacts<G> &
  Pick<GatewayCredential, 'applicationId' | 'version' | 'realm' | 'updatedAt'>;

/** Lists everything that is wrong with a credential, field by field; never with key material in it. */
export function* credentialProblems<G extends Gateway>(
  gateway: G,
  change: CredentialChange<G>,
): Generator<InvalidCredentialError> {
  const kind = gatewayKinds[gateway];
  for (const { field, wants } of kind.problemsOf({ ...kind.defaults, ...change })) {
    yield new InvalidCredentialError(field, wants);
  }
}

/** Does what people ask of the credentials for the gateways. Nobody reads their secrets back. */
@Injectable()
export class CredentialsService {
  private readonly manager: EntityManager;

  constructor(
    dataSource: DataSource,
    private readonly store: ApplicationStore,
    private readonly secrets: SealedSecrets,
    private readonly clock: Clock,
    private readonly audit: Audit,
  ) {
    this.manager = dataSource.manager;
  }

  /** Returns the same service, which works in this transaction. */
  within(manager: EntityManager): this {
    return inTransaction(this, manager);
  }

  /**
   * Stores a credential that differs from the stored one; the same again changes nothing.
   * @throws ForbiddenError, InvalidCredentialError, ApplicationNotFoundError
   */
  async configure<G extends Gateway>(
    actor: Actor,
    applicationId: number,
    gateway: G,
    change: CredentialChange<G>,
  ): Promise<Application> {
    actor.demand('credentials:write', applicationId);
    for (const problem of credentialProblems(gateway, change)) throw problem;
    const kind = gatewayKinds[gateway];
    return this.manager.transaction(async (transaction) => {
      const application = await this.store.lock(transaction, applicationId);
      const present = await this.store.credentialIn(transaction, applicationId, gateway);
      const before = present && kind.keep(present);
      const credential = { ...kind.defaults, ...present, ...change };
      const { facts, secret } = kind.keep(credential);
      if (isDeepStrictEqual({ facts, secret }, before)) return application;
      await transaction.upsert(
        GatewayCredential,
        {
          applicationId,
          gateway,
          version: randomUUID(),
          realm: kind.realmOf(credential),
          facts,
          sealed: this.secrets.seal(secret, credentialName(gateway, applicationId)),
          updatedAt: this.clock.now(),
        },
        ['applicationId', 'gateway'],
      );
      const after = { ...facts, ...(secret !== before?.secret && { [kind.secretName]: 'new' }) };
      const states = { before: before?.facts, after };
      await this.record(transaction, actor, 'configure', gateway, applicationId, states);
      return application;
    });
  }

  /** @throws ForbiddenError, ApplicationNotFoundError */
  async remove(actor: Actor, applicationId: number, gateway: Gateway): Promise<Application> {
    actor.demand('credentials:write', applicationId);
    return this.manager.transaction(async (manager) => {
      const application = await this.store.lock(manager, applicationId);
      const present = await manager.findOneBy(GatewayCredential, { applicationId, gateway });
      if (present === null) return application;
      await manager.delete(GatewayCredential, { applicationId, gateway });
      const states = { before: present.facts };
      await this.record(manager, actor, 'remove', gateway, applicationId, states);
      return application;
    });
  }

  /**
   * Lists what may be shown of the credentials of these applications, as far as the actor reaches them.
   * @throws ForbiddenError
   */
  async describe<G extends Gateway>(
    actor: Actor,
    gateway: G,
    applicationIds: readonly number[],
  ): Promise<CredentialDescription<G>[]> {
    actor.demandSomewhere('applications:read');
    const ids = applicationIds.filter((id) => actor.may('applications:read', id));
    const found = await this.manager.find(GatewayCredential, {
      select: { applicationId: true, version: true, realm: true, facts: true, updatedAt: true },
      where: { applicationId: In(ids), gateway },
    });
    return found.map(({ facts, applicationId, version, realm, updatedAt }) => ({
      ...(facts as CredentialFacts<G>),
      applicationId,
      version,
      realm,
      updatedAt,
    }));
  }

  private async record(
    manager: EntityManager,
    actor: Actor,
    verb: 'configure' | 'remove',
    gateway: Gateway,
    applicationId: number,
    states: { readonly before?: object | undefined; readonly after?: object },
  ): Promise<void> {
    const target = credentialName(gateway, applicationId);
    const event = { action: `credential.${verb}`, target, applicationId, ...states };
    await this.audit.record(actor, event, manager);
  }
}
