import { randomUUID } from 'node:crypto';
import { ApplicationsService, ApplicationStore } from '@app/applications';
import { Audit, type AuditInput, differences, pick } from '@app/audit';
import { type Actor, Clock, inTransaction, type Page, type PageRequest, readPage } from '@app/core';
import { PublicKeys } from '@app/keys';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DataSource, type EntityManager, type FindOneOptions } from 'typeorm';
import { demandPowers, reachedIn, reaches } from '../access/grantable';
import { checkClientId, checkMaxAssertionSeconds } from '../machines/client-checks';
import { holdMachineId } from '../machines/machine-ids';
import { checkSettings, type MachineChanges } from '../machines/machine-settings';
import { ClientExistsError, ClientNotFoundError } from '../machines/oauth-clients.errors';
import { followRemovals } from '../machines/removed-applications';
import { isPlainText } from '../proof/plain-text';
import { OAuthClient } from './oauth-client.entity';

/** The settings to change; what is absent stays as it is. */
export interface ClientChanges extends MachineChanges {
  /** Disabling ends the client's tokens for good. */
  readonly enabled?: boolean | undefined;
  readonly requireJti?: boolean | undefined;
  /** Seconds, from a minute to a year. */
  readonly maxAssertionSeconds?: number | undefined;
}

export interface ClientInput extends ClientChanges {
  /** 1 to 64 letters, digits, dots, dashes or underscores; a UUID when absent. */
  readonly clientId?: string | undefined;
  readonly name: string;
  readonly scopes: readonly string[];
}

/** The settings of a client that may be changed, and are told in the audit trail. */
const settings = [
  'name',
  'scopes',
  'applicationIds',
  'enabled',
  'requireJti',
  'maxAssertionSeconds',
] as const;
type Settings = Pick<OAuthClient, (typeof settings)[number]>;

/** Manages OAuth clients, for those who may do all that the client may. */
@Injectable()
export class OAuthClientsService implements OnModuleInit {
  private readonly manager: EntityManager;

  constructor(
    dataSource: DataSource,
    private readonly applications: ApplicationsService,
    private readonly applicationStore: ApplicationStore,
    private readonly keys: PublicKeys,
    private readonly audit: Audit,
    private readonly clock: Clock,
  ) {
    this.manager = dataSource.manager;
  }

  /** Returns the same service, which works in this transaction. */
  within(manager: EntityManager): this {
    return inTransaction(this, manager);
  }

  onModuleInit(): void {
    followRemovals(this.applications, 'oauth_clients');
  }

  /** @throws InvalidClientError, ClientExistsError, ForbiddenError */
  async create(actor: Actor, input: ClientInput): Promise<OAuthClient> {
    actor.demandSomewhere('clients:write');
    const id = checkClientId(input.clientId ?? randomUUID());
    return this.manager.transaction(async (transaction) => {
      const client = transaction.create(OAuthClient, {
        id,
        name: '',
        scopes: [],
        applicationIds: null,
        enabled: true,
        requireJti: false,
        maxAssertionSeconds: 3600,
        ...(await this.checked(actor, input, transaction)),
      });
      demandPowers(actor, client);
      await this.insert(client, transaction);
      await this.record(actor, 'create', id, { after: pick(client, settings) }, transaction);
      return this.find(id, transaction);
    });
  }

  /** @throws ClientNotFoundError, ForbiddenError */
  async get(actor: Actor, id: string): Promise<OAuthClient> {
    actor.demandSomewhere('clients:read');
    const client = await this.find(id, this.manager);
    if (!reaches(actor, client)) throw new ClientNotFoundError(id);
    return client;
  }

  /** Lists by id the clients whose applications the actor reaches. @throws ForbiddenError */
  async list(actor: Actor, page: PageRequest<Pick<OAuthClient, 'id'>>): Promise<Page<OAuthClient>> {
    actor.demandSomewhere('clients:read');
    return readPage(page, (limit) =>
      this.manager
        .createQueryBuilder(OAuthClient, 'client')
        .where('client.id > :after', { after: page.after?.id ?? '' })
        .andWhere(reachedIn('client'), { reach: actor.applicationIds ?? null })
        .orderBy('client.id')
        .take(limit)
        .getMany(),
    );
  }

  /**
   * @throws ClientNotFoundError, InvalidClientError, ForbiddenError unless the actor has the client's powers before and
   * after
   */
  async update(actor: Actor, id: string, changes: ClientChanges): Promise<OAuthClient> {
    actor.demandSomewhere('clients:write');
    return this.manager.transaction(async (transaction) => {
      const client = await this.lock(actor, id, transaction);
      const before = pick(client, settings);
      Object.assign(client, await this.checked(actor, changes, transaction));
      demandPowers(actor, client);
      const states = differences(before, client, settings);
      if (states === undefined) return client;
      client.updatedAt = this.clock.now();
      if (client.enabled !== before.enabled) client.tokensValidAfter = client.updatedAt;
      await transaction.save(client);
      await this.record(actor, 'update', id, states, transaction);
      return client;
    });
  }

  /** Removes a client with its keys and ends its tokens. @returns what it was. @throws ClientNotFoundError, ForbiddenError */
  async remove(actor: Actor, id: string): Promise<OAuthClient> {
    actor.demandSomewhere('clients:write');
    return this.manager.transaction(async (transaction) => {
      const client = await this.lock(actor, id, transaction);
      await this.keys.removeOf(transaction, { kind: 'client', id });
      await transaction.delete(OAuthClient, { id });
      await this.record(actor, 'remove', id, { before: pick(client, settings) }, transaction);
      return client;
    });
  }

  private async find(
    id: string,
    manager: EntityManager,
    lock?: FindOneOptions['lock'],
  ): Promise<OAuthClient> {
    const client = isPlainText(id, 64)
      ? await manager.findOne(OAuthClient, { where: { id }, ...(lock && { lock }) })
      : null;
    if (client === null) throw new ClientNotFoundError(id);
    return client;
  }

  /** Finds a client and keeps others from changing it until the transaction ends. */
  private async lock(actor: Actor, id: string, manager: EntityManager): Promise<OAuthClient> {
    const client = await this.find(id, manager, { mode: 'pessimistic_write' });
    if (!reaches(actor, client)) throw new ClientNotFoundError(id);
    demandPowers(actor, client);
    return client;
  }

  /** @throws InvalidClientError, ApplicationNotFoundError */
  private async checked(
    actor: Actor,
    changes: ClientChanges,
    manager: EntityManager,
  ): Promise<Partial<Settings>> {
    const { enabled, requireJti, maxAssertionSeconds } = changes;
    return {
      ...(await checkSettings(actor, changes, this.applicationStore, manager)),
      ...(enabled !== undefined && { enabled }),
      ...(requireJti !== undefined && { requireJti }),
      ...(maxAssertionSeconds !== undefined && {
        maxAssertionSeconds: checkMaxAssertionSeconds(maxAssertionSeconds),
      }),
    };
  }

  /** @throws ClientExistsError, also when a service account has the id */
  private async insert(client: OAuthClient, manager: EntityManager): Promise<void> {
    await holdMachineId(client.id, manager);
    const inserted = await manager.query<unknown[]>(
      `INSERT INTO oauth_clients (id, name, scopes, application_ids, enabled, require_jti, max_assertion_seconds)
       SELECT $1, $2, $3, $4, $5, $6, $7 WHERE NOT EXISTS (SELECT FROM service_accounts WHERE id = $1)
       ON CONFLICT (id) DO NOTHING RETURNING 1`,
      [client.id, ...settings.map((name) => client[name])],
    );
    if (inserted.length === 0) throw new ClientExistsError(client.id);
  }

  private async record(
    actor: Actor,
    verb: string,
    id: string,
    states: Pick<AuditInput, 'before' | 'after'>,
    manager: EntityManager,
  ): Promise<void> {
    const event = { action: `client.${verb}`, target: `client:${id}`, ...states };
    await this.audit.record(actor, event, manager);
  }
}
