import { randomUUID } from 'node:crypto';
import { ApplicationsService, ApplicationStore } from '@app/applications';
import { Audit, type AuditInput, differences, pick } from '@app/audit';
import {
  type Actor,
  Clock,
  Config,
  inTransaction,
  type Page,
  type PageRequest,
  readPage,
} from '@app/core';
import { PublicKeys } from '@app/keys';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { demandPowers, reachedIn, reaches } from '../access/grantable';
import { checkExpiry } from '../machines/client-checks';
import { DedicatedKeys } from '../machines/dedicated-keys';
import { type BoundMachineChanges, checkSettings } from '../machines/machine-settings';
import { followRemovals } from '../machines/removed-applications';
import { assertModest, isKeyEnough, type LoginModeChange, nextLoginMode } from './login-mode';
import { RefreshFamilies } from './refresh-families';
import { checkAccountId } from './service-account-checks';
import { findAccount, insertAccount, lockAccount } from './service-account-rows';
import { type AccountSettings, accountSettings, endsTokens } from './service-account-settings';
import { type LoginMode, ServiceAccount } from './service-account.entity';
import { ServiceAccountNotFoundError } from './service-accounts.errors';

export interface ServiceAccountInput extends BoundMachineChanges {
  /** 1 to 64 letters, digits or dashes; a UUID when absent. */
  readonly accountId?: string | undefined;
  readonly name: string;
  readonly scopes: readonly string[];
}

export interface ServiceAccountFilter {
  readonly loginMode?: LoginMode | undefined;
  /** Keeps the accounts that their public key alone has let in since then. */
  readonly usedLegacySince?: Date | undefined;
}

type Change = (
  account: ServiceAccount,
  transaction: EntityManager,
) => Partial<AccountSettings> | Promise<Partial<AccountSettings>>;

/** Manages service accounts, for those who may do all that the account may. */
@Injectable()
export class ServiceAccountsService implements OnModuleInit {
  private readonly manager: EntityManager;

  constructor(
    dataSource: DataSource,
    private readonly applications: ApplicationsService,
    private readonly applicationStore: ApplicationStore,
    private readonly keys: PublicKeys,
    private readonly dedicated: DedicatedKeys,
    private readonly families: RefreshFamilies,
    private readonly audit: Audit,
    private readonly clock: Clock,
    private readonly config: Config,
  ) {
    this.manager = dataSource.manager;
  }

  /** Returns the same service, which works in this transaction. */
  within(manager: EntityManager): this {
    return inTransaction(this, manager);
  }

  onModuleInit(): void {
    followRemovals(this.applications, 'service_accounts');
  }

  /** Creates an account in the mode `assertion_only`. @throws InvalidClientError, ServiceAccountExistsError, ForbiddenError */
  async create(actor: Actor, input: ServiceAccountInput): Promise<ServiceAccount> {
    actor.demandSomewhere('clients:write');
    const id = checkAccountId(input.accountId ?? randomUUID());
    return this.manager.transaction(async (transaction) => {
      const account = transaction.create(ServiceAccount, {
        id,
        applicationIds: null,
        allowedIps: null,
        expiresAt: null,
        ...(await this.checked(actor, input, transaction)),
      });
      demandPowers(actor, account);
      await insertAccount(account, transaction);
      const created = await findAccount(id, transaction);
      const states = { after: pick(created, accountSettings) };
      await this.record(actor, 'create', id, states, transaction);
      return created;
    });
  }

  /** @throws ServiceAccountNotFoundError, ForbiddenError */
  async get(actor: Actor, id: string): Promise<ServiceAccount> {
    actor.demandSomewhere('clients:read');
    const account = await findAccount(id, this.manager);
    if (!reaches(actor, account)) throw new ServiceAccountNotFoundError(id);
    return account;
  }

  /** Lists by id the accounts whose applications the actor reaches. @throws ForbiddenError */
  async list(
    actor: Actor,
    { loginMode, usedLegacySince }: ServiceAccountFilter,
    page: PageRequest<Pick<ServiceAccount, 'id'>>,
  ): Promise<Page<ServiceAccount>> {
    actor.demandSomewhere('clients:read');
    const query = this.manager
      .createQueryBuilder(ServiceAccount, 'account')
      .where('account.id > :after', { after: page.after?.id ?? '' })
      .andWhere(reachedIn('account'), { reach: actor.applicationIds ?? null });
    if (loginMode !== undefined) query.andWhere('account.loginMode = :loginMode', { loginMode });
    if (usedLegacySince !== undefined) {
      query.andWhere('account.lastLegacyLoginAt >= :usedLegacySince', { usedLegacySince });
    }
    query.orderBy('account.id');
    return readPage(page, (limit) => query.take(limit).getMany());
  }

  /** Changes settings; fewer powers end tokens. @throws ServiceAccountNotFoundError, InvalidClientError, ForbiddenError */
  async update(actor: Actor, id: string, changes: BoundMachineChanges): Promise<ServiceAccount> {
    return this.change(actor, id, 'update', async (account, transaction) => {
      const checked = await this.checked(actor, changes, transaction);
      if (account.loginMode === 'legacy_public_key' || isKeyEnough(account, this.clock.now())) {
        const { scopes = account.scopes, allowedIps = account.allowedIps } = checked;
        assertModest({ scopes, allowedIps }, this.config);
      }
      return checked;
    });
  }

  /**
   * Sets the mode and ends what was begun in another one. The mode that lets the public key alone in is for accounts of
   * limited scopes and addresses, whose keys nobody else has.
   * @throws ServiceAccountNotFoundError, InvalidClientError, KeyNotDedicatedError, ForbiddenError
   */
  async setLoginMode(actor: Actor, id: string, change: LoginModeChange): Promise<ServiceAccount> {
    return this.change(actor, id, 'login_mode', async (account, transaction) => {
      const next = nextLoginMode(account, change, this.clock.now());
      if (next.legacyUntil === null) return next;
      assertModest(account, this.config);
      // First, for it is the stored mode that decides whose key has to be his alone.
      await transaction.update(ServiceAccount, { id }, next);
      const owner = { kind: 'service_account', id } as const;
      // In an order, so that two accounts with the same keys wait for each other in one direction.
      for (const fingerprint of await this.keys.fingerprintsOf(transaction, owner)) {
        await this.dedicated.assert(owner, fingerprint, transaction);
      }
      return next;
    });
  }

  /**
   * Ends the account's tokens for good; it gets new ones after `unblock`.
   * @throws ServiceAccountNotFoundError, ForbiddenError
   */
  async block(actor: Actor, id: string): Promise<ServiceAccount> {
    return this.change(actor, id, 'block', ({ blockedAt }) => ({
      blockedAt: blockedAt ?? this.clock.now(),
    }));
  }

  /** @throws ServiceAccountNotFoundError, ForbiddenError */
  async unblock(actor: Actor, id: string): Promise<ServiceAccount> {
    return this.change(actor, id, 'unblock', () => ({ blockedAt: null }));
  }

  /**
   * Removes an account and its keys, ends its tokens.
   * @returns what it was.
   * @throws ServiceAccountNotFoundError, ForbiddenError
   */
  async remove(actor: Actor, id: string): Promise<ServiceAccount> {
    actor.demandSomewhere('clients:write');
    return this.manager.transaction(async (transaction) => {
      const account = await lockAccount(actor, id, transaction);
      await this.keys.removeOf(transaction, { kind: 'service_account', id });
      await transaction.delete(ServiceAccount, { id });
      const states = { before: pick(account, accountSettings) };
      await this.record(actor, 'remove', id, states, transaction);
      return account;
    });
  }

  /** Changes an account. What differs afterwards says whether its tokens end, and what the audit trail is told. */
  private async change(
    actor: Actor,
    id: string,
    verb: string,
    change: Change,
  ): Promise<ServiceAccount> {
    actor.demandSomewhere('clients:write');
    return this.manager.transaction(async (transaction) => {
      const account = await lockAccount(actor, id, transaction);
      const before = pick(account, accountSettings);
      Object.assign(account, await change(account, transaction));
      demandPowers(actor, account);
      const states = differences(before, account, accountSettings);
      if (states === undefined) return account;
      account.updatedAt = this.clock.now();
      if (endsTokens(before, account)) {
        account.tokensValidAfter = account.updatedAt;
        await this.families.revokeAllOf(id, transaction);
      }
      await transaction.save(account);
      await this.record(actor, verb, id, states, transaction);
      return account;
    });
  }

  /** @throws InvalidClientError, ApplicationNotFoundError */
  private async checked(
    actor: Actor,
    changes: BoundMachineChanges,
    manager: EntityManager,
  ): Promise<Partial<AccountSettings>> {
    const { expiresAt } = changes;
    return {
      ...(await checkSettings(actor, changes, this.applicationStore, manager)),
      ...(expiresAt !== undefined && { expiresAt: checkExpiry(expiresAt, this.clock.now()) }),
    };
  }

  private async record(
    actor: Actor,
    verb: string,
    id: string,
    states: Pick<AuditInput, 'before' | 'after'>,
    manager: EntityManager,
  ): Promise<void> {
    const event = { action: `service_account.${verb}`, target: `service_account:${id}`, ...states };
    await this.audit.record(actor, event, manager);
  }
}
