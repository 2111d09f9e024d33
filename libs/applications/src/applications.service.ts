import {
  type Actor,
  characterCount,
  inTransaction,
  type Page,
  type PageRequest,
  preparedQuery,
  readPage,
  Rows,
  sqlStateOf,
  uniqueViolation,
} from '@app/core';
import { Audit, differences } from '@app/audit';
import { Injectable } from '@nestjs/common';
import { And, DataSource, type EntityManager, type FindOptionsWhere, In, MoreThan } from 'typeorm';
import { ApplicationStore, isApplicationId, type UserTokenClaims } from './application-store';
import { Application } from './application.entity';
import { ApplicationExistsError, InvalidApplicationError } from './applications.errors';

export interface ApplicationInput {
  /** The application's number, PowerAuth's appId; the next free one when absent. */
  readonly id?: number;
  readonly name: string;
}

/** Removes what a lib keeps of an application without a foreign key to it, in the transaction that removes it. */
export type RemovalStep = (applicationId: number, manager: EntityManager) => Promise<void>;

const applications = Rows.of(Application, 'application');

/** Does what people ask of applications. Who is limited to some of them finds the others forbidden, there or not. */
@Injectable()
export class ApplicationsService {
  private readonly manager: EntityManager;
  private readonly removalSteps: RemovalStep[] = [];

  constructor(
    dataSource: DataSource,
    private readonly store: ApplicationStore,
    private readonly audit: Audit,
  ) {
    this.manager = dataSource.manager;
  }

  /** Returns the same service, which works in this transaction. */
  within(manager: EntityManager): this {
    return inTransaction(this, manager);
  }

  /** Creates an application. @throws ForbiddenError, InvalidApplicationError, ApplicationExistsError */
  async create(actor: Actor, input: ApplicationInput): Promise<Application> {
    actor.demand('applications:write');
    const { id } = input;
    if (id !== undefined && !isApplicationId(id)) {
      throw new InvalidApplicationError('id', 'wants a positive number');
    }
    const name = checkName(input.name);
    try {
      return await this.manager.transaction((transaction) =>
        this.insert(transaction, actor, { ...(id !== undefined && { id }), name }),
      );
    } catch (error) {
      if (sqlStateOf(error) !== uniqueViolation) throw error;
      if (id === undefined) return this.create(actor, input); // another took the number
      throw new ApplicationExistsError(id);
    }
  }

  /** Returns an application. @throws ForbiddenError, ApplicationNotFoundError */
  async get(actor: Actor, id: number): Promise<Application> {
    actor.demand('applications:read', id);
    return this.store.getIn(this.manager, id);
  }

  /** Lists the applications that the actor reaches, by id, in pages. @throws ForbiddenError */
  async list(actor: Actor, page: PageRequest<Pick<Application, 'id'>>): Promise<Page<Application>> {
    const reached = reachedBy(actor, page.after);
    return readPage(page, (take) =>
      this.manager.find(Application, { where: reached, order: { id: 'ASC' }, take }),
    );
  }

  /** Lists the applications that the actor reaches, all at once. @throws ForbiddenError */
  async listAll(actor: Actor): Promise<Application[]> {
    return this.manager.find(Application, {
      where: reachedBy(actor),
      order: { id: 'ASC' },
    });
  }

  /** Counts the applications that the actor reaches. @throws ForbiddenError */
  async count(actor: Actor): Promise<number> {
    return this.manager.countBy(Application, reachedBy(actor));
  }

  /**
   * Finds applications by their ids, without those that are not there or that the actor does not reach.
   * @throws ForbiddenError
   */
  async find(actor: Actor, ids: readonly number[]): Promise<Application[]> {
    actor.demandSomewhere('applications:read');
    const reached = ids.filter((id) => actor.may('applications:read', id));
    const rows = await preparedQuery(
      this.manager,
      `SELECT ${applications.select} FROM applications AS application WHERE id = ANY ($1::int[])`,
      [reached],
    );
    return rows.map(applications.read);
  }

  /**
   * A name that it has already changes nothing, and leaves no trace.
   * @throws ForbiddenError, InvalidApplicationError, ApplicationNotFoundError
   */
  async rename(actor: Actor, id: number, given: string): Promise<Application> {
    actor.demand('applications:write', id);
    const name = checkName(given);
    return this.manager.transaction(async (transaction) => {
      const application = await this.store.lock(transaction, id);
      const states = differences(application, { name }, ['name']);
      if (states === undefined) return application;
      await transaction.update(Application, { id }, { name });
      const event = { action: 'application.rename', ...states };
      await this.audit.record(actor, { ...event, ...nameOf(id) }, transaction);
      return Object.assign(application, { name });
    });
  }

  /**
   * Names what tokens of the application's users must say, instead of what it named before. The same again changes
   * nothing.
   * @throws ForbiddenError, InvalidApplicationError, ApplicationNotFoundError
   */
  async nameUserTokens(actor: Actor, id: number, named: UserTokenClaims): Promise<Application> {
    actor.demand('keys:write', id);
    const changes = {
      userTokenIssuer: checkClaim('issuer', named.issuer),
      userTokenAudience: checkClaim('audience', named.audience),
    };
    return this.manager.transaction(async (transaction) => {
      const application = await this.store.lock(transaction, id);
      const states = differences(application, changes, ['userTokenIssuer', 'userTokenAudience']);
      if (states === undefined) return application;
      await transaction.update(Application, { id }, changes);
      const event = { action: 'application.user_tokens', ...states };
      await this.audit.record(actor, { ...event, ...nameOf(id) }, transaction);
      return Object.assign(application, changes);
    });
  }

  /**
   * Removes the application with all that belongs to it: credentials, devices, messages, campaigns, profiles.
   * @returns as it was
   * @throws ForbiddenError, ApplicationNotFoundError
   */
  async remove(actor: Actor, id: number): Promise<Application> {
    actor.demand('applications:write', id);
    return this.manager.transaction(async (manager) => {
      const application = await this.store.lock(manager, id);
      for (const step of this.removalSteps) await step(id, manager);
      await manager.delete(Application, { id });
      const { name } = application;
      const event = { action: 'application.remove', before: { name } };
      await this.audit.record(actor, { ...event, ...nameOf(id) }, manager);
      return application;
    });
  }

  /**
   * Adds a step to every removal; modules that keep something of an application without a foreign key do so at their
   * start.
   */
  onRemoval(step: RemovalStep): void {
    this.removalSteps.push(step);
  }

  private async insert(
    manager: EntityManager,
    actor: Actor,
    { id, name }: ApplicationInput,
  ): Promise<Application> {
    const [row] = await manager.query<[{ id: number }]>(
      `INSERT INTO applications (id, name)
       VALUES (coalesce($1::int, (SELECT coalesce(max(id), 0) + 1 FROM applications)), $2) RETURNING id`,
      [id ?? null, name],
    );
    const event = { action: 'application.create', after: { name } };
    await this.audit.record(actor, { ...event, ...nameOf(row.id) }, manager);
    return this.store.getIn(manager, row.id);
  }
}

/** @param after the one before the first that is wanted @throws ForbiddenError */
function reachedBy(actor: Actor, after?: Pick<Application, 'id'>): FindOptionsWhere<Application> {
  const reach = actor.reach('applications:read');
  const conditions = [
    ...(reach === undefined ? [] : [In([...reach])]),
    ...(after === undefined ? [] : [MoreThan(after.id)]),
  ];
  return conditions.length === 0 ? {} : { id: And(...conditions) };
}

const nameOf = (applicationId: number) => ({
  target: `application:${applicationId}`,
  applicationId,
});

/** Wants a claim that a token could have, so that a slip does not lock all users out. */
function checkClaim(field: 'issuer' | 'audience', value: string | null): string | null {
  if (value === null || /^[\x21-\x7e]{1,255}$/.test(value)) return value;
  throw new InvalidApplicationError(field, 'wants 1 to 255 printable characters without spaces');
}

function checkName(name: string): string {
  const trimmed = name.trim();
  if (trimmed === '' || characterCount(trimmed) > 200) {
    throw new InvalidApplicationError('name', 'wants 1 to 200 characters');
  }
  return trimmed;
}
