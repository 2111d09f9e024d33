import {
  ApiKeysService,
  type LoginMode,
  loginModes,
  OAuthClient,
  OAuthClientsService,
  OperatorsService,
  OwnedKeys,
  ServiceAccount,
  ServiceAccountsService,
} from '@app/auth';
import { Actor, Clock } from '@app/core';
import { type KeyOwner, PublicKey, readPublicKey } from '@app/keys';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Provisioning } from './provisioning-file';

const actor = Actor.system('provisioning');

type Key = Provisioning['clients'][number]['keys'][number];

/** Provisions who may come in. What the file leaves open stays as an operator has set it. */
@Injectable()
export class CallersProvisioner {
  constructor(
    private readonly operators: OperatorsService,
    private readonly clients: OAuthClientsService,
    private readonly accounts: ServiceAccountsService,
    private readonly apiKeys: ApiKeysService,
    private readonly keys: OwnedKeys,
    private readonly clock: Clock,
  ) {}

  /** Provisions an operator. Whoever reads the file knows a password in it: it is good for choosing another. */
  async applyOperator(
    operator: Provisioning['operators'][number],
    manager: EntityManager,
  ): Promise<void> {
    const passwordIsTemporary = 'password' in operator;
    await this.operators.within(manager).ensure(actor, { ...operator, passwordIsTemporary });
  }

  async applyClient(
    { keys, ...input }: Provisioning['clients'][number],
    manager: EntityManager,
  ): Promise<void> {
    const { clientId, ...changes } = input;
    const clients = this.clients.within(manager);
    const isKnown = await manager.existsBy(OAuthClient, { id: clientId });
    if (isKnown) await clients.update(actor, clientId, changes);
    else await clients.create(actor, input);
    await this.applyKeys({ kind: 'client', id: clientId }, keys, manager);
  }

  async applyServiceAccount(
    account: Provisioning['serviceAccounts'][number],
    manager: EntityManager,
  ): Promise<void> {
    const { key, loginMode, legacyReason = 'Provisioned', legacyUntil, ...input } = account;
    const { accountId: id, expiresAt, ...changes } = input;
    const owner = { kind: 'service_account', id } as const;
    const change = { mode: loginMode, reason: legacyReason, until: legacyUntil };
    const accounts = this.accounts.within(manager);
    const present = await manager.findOneBy(ServiceAccount, { id });
    if (present === null) {
      await accounts.create(actor, input);
      await this.applyKeys(owner, [key], manager);
      if (loginMode !== 'assertion_only' || legacyUntil !== undefined) {
        await accounts.setLoginMode(actor, id, change);
      }
      return;
    }
    // The file takes nothing back from an operator who has moved the account on, or has put the end off.
    if (strictness(loginMode) > strictness(present.loginMode)) {
      const until = this.coming(legacyUntil);
      await accounts.setLoginMode(actor, id, { ...change, until });
    }
    const settings = { ...changes, expiresAt: this.coming(expiresAt) };
    await accounts.update(actor, id, settings);
    await this.applyKeys(owner, [key], manager);
  }

  async applyApiKey(
    { hash, prefix, ...input }: Provisioning['apiKeys'][number],
    manager: EntityManager,
  ): Promise<void> {
    await this.apiKeys.within(manager).ensure(actor, { hash, prefix }, input);
  }

  async applyKeys(owner: KeyOwner, keys: readonly Key[], manager: EntityManager): Promise<void> {
    const present = await manager.findBy(PublicKey, { ownerKind: owner.kind, ownerId: owner.id });
    const owned = this.keys.within(manager);
    for (const { enabled, ...input } of keys) {
      const { fingerprint } = readPublicKey(input.publicKey, 'publicKey', new Date(0));
      const known = present.find((key) => key.fingerprint === fingerprint);
      if (known === undefined) await owned.add(actor, owner, { ...input, enabled });
      else if (enabled !== undefined && enabled !== known.enabled) {
        await owned.setEnabled(actor, known.id, enabled);
      }
    }
  }

  /** Drops an end that has passed: it is no news, and could not be set any more. */
  private coming(end: Date | undefined): Date | undefined {
    return end !== undefined && end > this.clock.now() ? end : undefined;
  }
}

const strictness = (mode: LoginMode) => -loginModes.indexOf(mode);
