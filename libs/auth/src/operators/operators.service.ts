import { randomBytes, randomUUID } from 'node:crypto';
import { Audit, type AuditInput } from '@app/audit';
import {
  Actor,
  Clock,
  holdLock,
  inTransaction,
  isUuid,
  type Page,
  type PageRequest,
  readPage,
} from '@app/core';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager, MoreThan } from 'typeorm';
import { LoginLocks } from '../limits/login-locks';
import { assertEmail } from './operator-email';
import { OperatorSessions } from './operator-sessions';
import { Operator } from './operator.entity';
import {
  LastOwnerError,
  OperatorExistsError,
  OperatorNotFoundError,
  OwnAccountError,
} from './operators.errors';
import { assertPassword, assertPasswordHash, hashPassword } from './passwords';
import { type Role, rolePermissions } from '../access/role';

/** A new operator, with a password or the hash of one. */
export type NewOperator = {
  readonly email: string;
  readonly role: Role;
  /** Whether the password is good only for choosing another. */
  readonly passwordIsTemporary?: boolean;
} & ({ readonly password: string } | { readonly passwordHash: string });

export interface OperatorChanges {
  readonly role?: Role;
  readonly enabled?: boolean;
}

/** Manages who may run Carillon. Nobody touches an operator who may more than he does. */
@Injectable()
export class OperatorsService {
  private readonly manager: EntityManager;

  constructor(
    dataSource: DataSource,
    private readonly clock: Clock,
    private readonly audit: Audit,
    private readonly sessions: OperatorSessions,
    private readonly locks: LoginLocks,
  ) {
    this.manager = dataSource.manager;
  }

  /** Returns the same service, which works in this transaction. */
  within(manager: EntityManager): this {
    return inTransaction(this, manager);
  }

  /** Lists operators by e-mail. @throws ForbiddenError */
  async list(actor: Actor, page: PageRequest<Pick<Operator, 'email'>>): Promise<Page<Operator>> {
    actor.demand('operators:write');
    return readPage(page, (take) =>
      this.manager.find(Operator, {
        where: { email: MoreThan(page.after?.email ?? '') },
        order: { email: 'ASC' },
        take,
      }),
    );
  }

  /** @throws OperatorNotFoundError */
  async get(actor: Actor, id: string): Promise<Operator> {
    actor.demand('operators:write');
    return find(id, this.manager);
  }

  /** Returns the operator who asks, whatever he may do. @returns undefined for another kind of caller */
  async self(actor: Actor): Promise<Operator | undefined> {
    return actor.kind === 'operator' ? find(actor.id, this.manager) : undefined;
  }

  /** @throws InvalidOperatorError, OperatorExistsError */
  async create(actor: Actor, input: NewOperator): Promise<Operator> {
    demandPower(actor, input.role);
    const email = assertEmail(input.email);
    const passwordHash = await hashOf(input, email);
    return this.manager.transaction(async (transaction) => {
      const now = this.clock.now();
      const operator = transaction.create(Operator, {
        id: randomUUID(),
        email,
        role: input.role,
        passwordHash,
        passwordIsTemporary: input.passwordIsTemporary ?? false,
        enabled: true,
        createdAt: now,
        updatedAt: now,
        lastLoginAt: null,
      });
      const { raw } = (await transaction
        .createQueryBuilder()
        .insert()
        .into(Operator)
        .values(operator)
        .orIgnore()
        .returning('id')
        .execute()) as { raw: unknown[] };
      if (raw.length === 0) throw new OperatorExistsError();
      const after = { email, role: input.role };
      const target = `operator:${operator.id}`;
      await this.audit.record(actor, { action: 'operator.create', target, after }, transaction);
      return operator;
    });
  }

  /**
   * Ensures, for the provisioning file, an operator in this role. The password is only for a new one: it may have been
   * changed since.
   */
  async ensure(actor: Actor, input: NewOperator): Promise<Operator> {
    const present = await this.manager.findOneBy(Operator, { email: assertEmail(input.email) });
    if (present === null) return this.create(actor, input);
    return present.role === input.role
      ? present
      : this.update(actor, present.id, { role: input.role });
  }

  /**
   * Makes an OWNER where there is no operator at all.
   * @returns its password, which is to be shown once and changed; undefined when there is an operator already
   */
  async ensureFirstOwner(email: string): Promise<string | undefined> {
    return this.manager.transaction(async (manager) => {
      await holdLock('operators', manager);
      if ((await manager.count(Operator)) > 0) return undefined;
      const password = temporaryPassword();
      const owner = { email, role: 'OWNER', password, passwordIsTemporary: true } as const;
      await this.within(manager).create(Actor.system('first start'), owner);
      return password;
    });
  }

  /**
   * Changes what is present in `changes`. Disabling ends all sessions.
   * @throws OperatorNotFoundError, OwnAccountError, LastOwnerError
   */
  async update(actor: Actor, id: string, { role, enabled }: OperatorChanges): Promise<Operator> {
    refuseOwn(actor, id, 'change his own role, or enable or disable himself');
    if (role !== undefined) demandPower(actor, role);
    return this.change(actor, id, async (operator, transaction) => {
      if ((role ?? 'OWNER') !== 'OWNER' || enabled === false) {
        await assertAnotherOwner(operator, transaction);
      }
      if (role !== undefined && role !== operator.role) {
        const change = { before: { role: operator.role }, after: { role } };
        await this.store(actor, 'operator.role', operator, { role }, transaction, change);
      }
      if (enabled !== undefined && enabled !== operator.enabled) {
        if (!enabled) await this.sessions.endAll(id, transaction);
        const action = enabled ? 'operator.enable' : 'operator.disable';
        await this.store(actor, action, operator, { enabled }, transaction);
      }
    });
  }

  /**
   * Resets the password of an operator who can't sign in; ends all sessions and the lock.
   * @returns a new password, which is to be shown once and changed
   * @throws OperatorNotFoundError
   */
  async resetForgotten(actor: Actor, email: string): Promise<string> {
    actor.demand('operators:write');
    const known = await this.manager.findOneBy(Operator, { email: assertEmail(email) });
    if (known === null) throw new OperatorNotFoundError(email);
    const password = temporaryPassword();
    await this.resetPassword(actor, known.id, password);
    return password;
  }

  /**
   * Sets a password; ends all sessions and the lock.
   * @param passwordIsTemporary whether it is good only for choosing another: who gives it knows it
   * @throws OperatorNotFoundError, OwnAccountError, InvalidOperatorError
   */
  async resetPassword(
    actor: Actor,
    id: string,
    password: string,
    passwordIsTemporary = true,
  ): Promise<Operator> {
    refuseOwn(actor, id, 'reset his own password; change it');
    const { email } = await this.get(actor, id);
    assertPassword(password, email);
    const passwordHash = await hashPassword(password);
    const reset = await this.change(actor, id, async (operator, transaction) => {
      await this.sessions.endAll(id, transaction);
      const changes = { passwordHash, passwordIsTemporary };
      await this.store(actor, 'operator.password', operator, changes, transaction);
    });
    await this.locks.clearAll(email);
    return reset;
  }

  /** @throws OperatorNotFoundError, OwnAccountError, LastOwnerError */
  async remove(actor: Actor, id: string): Promise<Operator> {
    refuseOwn(actor, id, 'remove himself');
    return this.change(actor, id, async (operator, transaction) => {
      await assertAnotherOwner(operator, transaction);
      await transaction.delete(Operator, { id });
      const { email, role } = operator;
      const target = `operator:${id}`;
      const before = { email, role };
      await this.audit.record(actor, { action: 'operator.remove', target, before }, transaction);
    });
  }

  /** Changes an operator. Changes take turns, so that each sees which owners the one before has left. */
  private async change(
    actor: Actor,
    id: string,
    work: (operator: Operator, transaction: EntityManager) => Promise<void>,
  ): Promise<Operator> {
    actor.demand('operators:write');
    return this.manager.transaction(async (transaction) => {
      await holdLock('operators', transaction);
      const operator = await find(id, transaction);
      demandPower(actor, operator.role);
      await work(operator, transaction);
      return operator;
    });
  }

  private async store(
    actor: Actor,
    action: string,
    operator: Operator,
    changes: Partial<Pick<Operator, 'role' | 'enabled' | 'passwordHash' | 'passwordIsTemporary'>>,
    transaction: EntityManager,
    shown: Pick<AuditInput, 'before' | 'after'> = {},
  ): Promise<void> {
    Object.assign(operator, changes, { updatedAt: this.clock.now() });
    await transaction.save(Operator, operator);
    const target = `operator:${operator.id}`;
    await this.audit.record(actor, { action, target, ...shown }, transaction);
  }
}

const temporaryPassword = () => randomBytes(18).toString('base64url');

async function find(id: string, manager: EntityManager): Promise<Operator> {
  const operator = isUuid(id) ? await manager.findOneBy(Operator, { id }) : null;
  if (operator === null) throw new OperatorNotFoundError(id);
  return operator;
}

function hashOf(input: NewOperator, email: string): Promise<string> | string {
  if ('password' in input) {
    assertPassword(input.password, email);
    return hashPassword(input.password);
  }
  assertPasswordHash(input.passwordHash);
  return input.passwordHash;
}

/** Demands a role's permissions: nobody grants what he does not hold, nor takes it from who does. @throws ForbiddenError */
function demandPower(actor: Actor, role: Role): void {
  actor.demand('operators:write');
  for (const permission of rolePermissions[role]) actor.demand(permission);
}

function refuseOwn({ kind, id: own }: Actor, id: string, what: string): void {
  if (kind === 'operator' && own === id.toLowerCase()) throw new OwnAccountError(what);
}

async function assertAnotherOwner(operator: Operator, manager: EntityManager): Promise<void> {
  if (operator.role !== 'OWNER' || !operator.enabled) return;
  if ((await manager.countBy(Operator, { role: 'OWNER', enabled: true })) < 2) {
    throw new LastOwnerError();
  }
}
