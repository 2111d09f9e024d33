import { ApplicationsService, ApplicationStore } from '@app/applications';
import { type Actor, Clock, type Permission } from '@app/core';
import {
  type KeyOwner,
  type PublicKey,
  type PublicKeyInput,
  PublicKeys,
  readPublicKey,
} from '@app/keys';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { DedicatedKeys } from './dedicated-keys';
import { demandPowers, type Powers } from './grantable';
import { KeyOwnerNotFoundError } from './owned-keys.errors';
import { isPlainText } from './plain-text';

/** Whose rows say what a key is good for. */
const powersOf = {
  client: `SELECT scopes, application_ids AS "applicationIds" FROM oauth_clients WHERE id = $1`,
  service_account: `SELECT scopes, application_ids AS "applicationIds" FROM service_accounts WHERE id = $1`,
} as const;

/** Who may touch whose keys: who adds one to a client can act as the client, and to an application as any of its users. */
@Injectable()
export class OwnedKeys implements OnModuleInit {
  constructor(
    private readonly dataSource: DataSource,
    private readonly applications: ApplicationsService,
    private readonly store: ApplicationStore,
    private readonly keys: PublicKeys,
    private readonly dedicated: DedicatedKeys,
    private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    this.applications.onRemoval((id, manager) =>
      this.keys.removeOf({ kind: 'application', id: String(id) }, manager),
    );
  }

  /** @throws ForbiddenError, KeyOwnerNotFoundError, InvalidKeyError, KeyExistsError, KeyNotDedicatedError */
  async add(
    actor: Actor,
    owner: KeyOwner,
    input: PublicKeyInput,
    manager?: EntityManager,
  ): Promise<PublicKey> {
    if (manager === undefined) {
      return this.dataSource.transaction((transaction) =>
        this.add(actor, owner, input, transaction),
      );
    }
    await this.demand(actor, 'keys:write', owner, manager);
    const { fingerprint } = readPublicKey(input.publicKey, 'publicKey', this.clock.now());
    await this.dedicated.assert(owner, fingerprint, manager);
    return this.keys.add(actor, owner, input, manager);
  }

  /** @throws ForbiddenError, KeyNotFoundError */
  async setEnabled(actor: Actor, id: string, enabled: boolean): Promise<PublicKey> {
    await this.demandOf(actor, id);
    return this.keys.setEnabled(actor, id, enabled);
  }

  /** @returns what was removed. @throws ForbiddenError, KeyNotFoundError */
  async remove(actor: Actor, id: string): Promise<PublicKey> {
    await this.demandOf(actor, id);
    return this.keys.remove(actor, id);
  }

  /** Newest first. @throws ForbiddenError, KeyOwnerNotFoundError */
  async list(actor: Actor, owner: KeyOwner): Promise<PublicKey[]> {
    await this.demand(actor, 'keys:read', owner);
    return this.keys.list(owner.kind, [owner.id]);
  }

  private async demandOf(actor: Actor, id: string): Promise<void> {
    actor.demandSomewhere('keys:write');
    const { ownerKind, ownerId } = await this.keys.get(id);
    await this.demand(actor, 'keys:write', { kind: ownerKind, id: ownerId });
  }

  private async demand(
    actor: Actor,
    permission: Permission,
    owner: KeyOwner,
    manager: EntityManager = this.dataSource.manager,
  ): Promise<void> {
    if (owner.kind === 'application') {
      const applicationId = Number(owner.id);
      actor.demand(permission, applicationId);
      await this.store.assertExists(applicationId, manager);
      return;
    }
    actor.demandSomewhere(permission);
    const [powers] = isPlainText(owner.id, 64)
      ? await manager.query<Powers[]>(powersOf[owner.kind], [owner.id])
      : [];
    if (powers === undefined) throw new KeyOwnerNotFoundError(owner);
    demandPowers(actor, powers);
  }
}
