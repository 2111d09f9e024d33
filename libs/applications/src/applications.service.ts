import {
  type Actor,
  characterCount,
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
import { ApplicationStore, isApplicationId } from './application-store';
import { Application } from './application.entity';
import { ApplicationExistsError, InvalidApplicationError } from './applications.errors';

export interface ApplicationInput {
  /** PowerAuth's appId; the next free number when absent. */
  readonly id?: number;
  readonly name: string;
}

/** Removes what a lib keeps of an application without a foreign key to it, in the transaction that removes it. */
export type RemovalStep = (applicationId: number, manager: EntityManager) => Promise<void>;

const applications = Rows.of(Application, 'application');

/** What people do with applications. Who is limited to some of them finds the others forbidden, there or not. */
@Injectable()
export class ApplicationsService {
  private readonly removalSteps: RemovalStep[] = [];

  constructor(
    private readonly dataSource: DataSource,
    private readonly store: ApplicationStore,
    private readonly audit: Audit,
  ) {}

  /** @throws ForbiddenError, InvalidApplicationError, ApplicationExistsError */
  async create(
    actor: Actor,
    input: ApplicationInput,
    manager: EntityManager = this.dataSource.manager,
  ): Promise<Application> {
    actor.demand('applications:write');
    const { id } = input;
    if (id !== undefined && !isApplicationId(id)) {
      throw new InvalidApplicationError('id', 'wants a positive number');
    }
    const name = checkName(input.name);
    try {
      return await manager.transaction((transaction) =>
        this.insert(actor, { ...(id !== undefined && { id }), name }, transaction),
      );
    } catch (error) {
      if (sqlStateOf(error) !== uniqueViolation) throw error;
      if (id === undefined) return this.create(actor, input, manager); // another took the number
      throw new ApplicationExistsError(id);
    }
  }

  /** @throws ForbiddenError, ApplicationNotFoundError */
  async get(actor: Actor, id: number): Promise<Application> {
    actor.demand('applications:read', id);
    return this.store.get(id);
  }

  /** Those that the actor reaches, by id. @throws ForbiddenError */
  async list(actor: Actor, page: PageRequest<Pick<Application, 'id'>>): Promise<Page<Application>> {
    const reached = reachedBy(actor, page.after);
    return readPage(page, (take) =>
      this.dataSource.manager.find(Application, { where: reached, order: { id: 'ASC' }, take }),
    );
  }

  /** As `list`, all at once. @throws ForbiddenError */
  async listAll(actor: Actor): Promise<Application[]> {
    return this.dataSource.manager.find(Application, {
      where: reachedBy(actor),
      order: { id: 'ASC' },
    });
  }

  /** How many `list` has. @throws ForbiddenError */
  async count(actor: Actor): Promise<number> {
    return this.dataSource.manager.countBy(Application, reachedBy(actor));
  }

  /** By id; what is not there, or not reached by the actor, is left out. @throws ForbiddenError */
  async find(
    actor: Actor,
    ids: readonly number[],
    manager: EntityManager = this.dataSource.manager,
  ): Promise<Application[]> {
    actor.demandSomewhere('applications:read');
    const reached = ids.filter((id) => actor.may('applications:read', id));
    const rows = await preparedQuery(
      manager,
      `SELECT ${applications.select} FROM applications AS application WHERE id = ANY ($1::int[])`,
      [reached],
    );
    return rows.map(applications.read);
  }

  /**
   * A name that it has already changes nothing, and leaves no trace.
   * @throws ForbiddenError, InvalidApplicationError, ApplicationNotFoundError
   */
  async rename(
    actor: Actor,
    id: number,
    given: string,
    manager: EntityManager = this.dataSource.manager,
  ): Promise<Application> {
    actor.demand('applications:write', id);
    const name = checkName(given);
    return manager.transaction(async (transaction) => {
      const application = await this.store.lock(id, transaction);
      const states = differences(application, { name }, ['name']);
      if (states === undefined) return application;
      await transaction.update(Application, { id }, { name });
      const event = { action: 'application.rename', ...states };
      await this.audit.record(actor, { ...event, ...nameOf(id) }, transaction);
      return Object.assign(application, { name });
    });
  }

  /**
   * Removes the application with all that belongs to it: credentials, devices, messages, campaigns, profiles.
   * @returns as it was
   * @throws ForbiddenError, ApplicationNotFoundError
   */
  async remove(actor: Actor, id: number): Promise<Application> {
    actor.demand('applications:write', id);
    return this.dataSource.transaction(async (manager) => {
      const application = await this.store.lock(id, manager);
      for (const step of this.removalSteps) await step(id, manager);
      await manager.delete(Application, { id });
      const { name } = application;
      const event = { action: 'application.remove', before: { name } };
      await this.audit.record(actor, { ...event, ...nameOf(id) }, manager);
      return application;
    });
  }

  /** For modules that keep something of an application without a foreign key, when they start. */
  onRemoval(step: RemovalStep): void {
    this.removalSteps.push(step);
  }

  private async insert(
    actor: Actor,
    { id, name }: ApplicationInput,
    manager: EntityManager,
  ): Promise<Application> {
    const [row] = await manager.query<[{ id: number }]>(
      `INSERT INTO applications (id, name)
       VALUES (coalesce($1::int, (SELECT coalesce(max(id), 0) + 1 FROM applications)), $2) RETURNING id`,
      [id ?? null, name],
    );
    const event = { action: 'application.create', after: { name } };
    await this.audit.record(actor, { ...event, ...nameOf(row.id) }, manager);
    return this.store.get(row.id, manager);
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

function checkName(name: string): string {
  const trimmed = name.trim();
  if (trimmed === '' || characterCount(trimmed) > 200) {
    throw new InvalidApplicationError('name', 'wants 1 to 200 characters');
  }
  return trimmed;
}
