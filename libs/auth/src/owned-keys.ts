import { ApplicationsService, ApplicationStore } from '@app/applications';
import { type Actor, Clock, inTransaction } from '@app/core';
import {
  KeyNotFoundError,
  type KeyOwner,
  type PublicKey,
  type PublicKeyInput,
  PublicKeys,
  readPublicKey,
} from '@app/keys';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { DedicatedKeys } from './machines/dedicated-keys';
import { demandPowers, type Powers, reaches } from './access/grantable';
import { KeyOwnerNotFoundError } from './machines/owned-keys.errors';
import { isPlainText } from './proof/plain-text';
import { RefreshFamilies } from './service-accounts/refresh-families';

/** The tables whose rows say what an owner's keys are good for. */
const tables = { client: 'oauth_clients', service_account: 'service_accounts' } as const;

/** Guards whose keys an actor may touch: who adds one to a client can act as it, and to an application as any of its users. */
@Injectable()
export class OwnedKeys implements OnModuleInit {
  private readonly manager: EntityManager;

  constructor(
    dataSource: DataSource,
    private readonly applications: ApplicationsService,
    private readonly store: ApplicationStore,
    private readonly keys: PublicKeys,
    private readonly dedicated: DedicatedKeys,
    private readonly families: RefreshFamilies,
    private readonly clock: Clock,
  ) {
    this.manager = dataSource.manager;
  }

  /** Returns the same service, which works in this transaction. */
  within(manager: EntityManager): this {
    return inTransaction(this, manager);
  }

  onModuleInit(): void {
    this.applications.onRemoval((id, manager) =>
      this.keys.removeOf(manager, { kind: 'application', id: String(id) }),
    );
  }

  /** @throws ForbiddenError, KeyOwnerNotFoundError, InvalidKeyError, KeyExistsError, KeyNotDedicatedError */
  async add(actor: Actor, owner: KeyOwner, input: PublicKeyInput): Promise<PublicKey> {
    return this.manager.transaction(async (transaction) => {
      await this.demand(actor, owner, transaction);
      const { fingerprint } = readPublicKey(input.publicKey, 'publicKey', this.clock.now());
      await this.dedicated.assert(owner, fingerprint, transaction);
      return this.keys.add(transaction, actor, owner, input);
    });
  }

  /** Enables or disables a key. Disabling ends its refresh tokens for good. @throws ForbiddenError, KeyNotFoundError */
  async setEnabled(actor: Actor, id: string, enabled: boolean): Promise<PublicKey> {
    return this.manager.transaction(async (transaction) => {
      await this.demandOf(actor, id, transaction);
      const key = await this.keys.setEnabled(transaction, actor, id, enabled);
      if (!enabled && key.ownerKind === 'service_account') {
        await this.families.revokeAllBy(key, transaction);
      }
      return key;
    });
  }

  /** @returns the removed key. @throws ForbiddenError, KeyNotFoundError */
  async remove(actor: Actor, id: string): Promise<PublicKey> {
    return this.manager.transaction(async (transaction) => {
      await this.demandOf(actor, id, transaction);
      return this.keys.remove(transaction, actor, id);
    });
  }

  /** Lists the keys of several owners, newest first, without owners that the actor does not reach. @throws ForbiddenError */
  async list(
    actor: Actor,
    kind: KeyOwner['kind'],
    ownerIds: readonly string[],
  ): Promise<PublicKey[]> {
    actor.demandSomewhere('keys:read');
    return this.keys.list(kind, await this.reached(actor, kind, ownerIds));
  }

  private async reached(
    { applicationIds }: Actor,
    kind: KeyOwner['kind'],
    ids: readonly string[],
  ): Promise<readonly string[]> {
    if (applicationIds === undefined) return ids;
    if (kind === 'application') return ids.filter((id) => applicationIds.includes(Number(id)));
    const rows = await this.manager.query<{ id: string }[]>(
      `SELECT id FROM ${tables[kind]} WHERE id = ANY ($1::text[]) AND application_ids <@ $2::int[] AND application_ids <> '{}'`,
      [ids, applicationIds],
    );
    return rows.map(({ id }) => id);
  }

  /** Demands that the actor may change a key. @throws ForbiddenError, KeyNotFoundError, also for one out of reach */
  private async demandOf(actor: Actor, id: string, manager: EntityManager): Promise<void> {
    actor.demandSomewhere('keys:write');
    const { ownerKind, ownerId } = await this.keys.get(manager, id);
    const reached = await this.reached(actor, ownerKind, [ownerId]);
    if (reached.length === 0) throw new KeyNotFoundError(id);
    await this.demand(actor, { kind: ownerKind, id: ownerId }, manager);
  }

  /** Demands that the actor may change the owner's keys. @throws ForbiddenError, KeyOwnerNotFoundError */
  private async demand(actor: Actor, owner: KeyOwner, manager: EntityManager): Promise<void> {
    if (owner.kind === 'application') {
      const applicationId = Number(owner.id);
      actor.demand('keys:write', applicationId);
      await this.store.assertExists(manager, applicationId);
      return;
    }
    actor.demandSomewhere('keys:write');
    const [powers] = isPlainText(owner.id, 64)
      ? await manager.query<Powers[]>(
          // Shared, so that the login mode of an account does not change before its new key is stored.
          `SELECT scopes, application_ids AS "applicationIds" FROM ${tables[owner.kind]}
           WHERE id = $1 FOR SHARE`,
          [owner.id],
        )
      : [];
    if (powers === undefined || !reaches(actor, powers)) throw new KeyOwnerNotFoundError(owner);
    demandPowers(actor, powers);
  }
}
