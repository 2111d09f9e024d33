import { type Actor, type Permission, sqlStateOf } from '@app/core';
import { Audit } from '@app/audit';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { UserNotFoundError } from './personal-data.errors';

/** A person, by the customer's own id, as far as applications know him. */
export interface Person {
  readonly userId: string;
  /** The applications; null for all. */
  readonly applicationIds: readonly number[] | null;
}

/** What a lib keeps of a person. Its statements have the user's id as $1, and as $2 the applications, null for all. */
export interface PersonalRecords {
  /** Names it in an export. */
  readonly name: string;
  /** Selects it, oldest first, as JSON objects in a column `record`. */
  readonly select: string;
  /** Deletes it; absent for what goes with something else, or has to stay. */
  readonly erase?: string;
  /**
   * Whether all applications have it in common: then `erase` has no $2, and who reaches some of them erases it only with
   * something of theirs.
   */
  readonly isShared?: boolean;
}

export interface PersonalExport {
  readonly userId: string;
  /** What is kept, by its name. */
  readonly records: Readonly<Record<string, readonly object[]>>;
}

export interface Erasure {
  readonly userId: string;
  /** How much was erased, by its name. */
  readonly erased: Readonly<Record<string, number>>;
}

/** What the audit trail says of what a person did; it stays, for it is the record of who did what. */
const doneByThem: PersonalRecords = {
  name: 'auditEvents',
  select: `
    SELECT to_jsonb(e) AS record FROM audit_events e
    WHERE actor_kind IN ('user', 'profile') AND actor_id = $1 AND ($2::int[] IS NULL OR application_id = ANY ($2))
    ORDER BY id`,
};

/** The SQLSTATE of a row that another transaction made refer to one that is deleted: foreign_key_violation. */
const isReferredTo = '23503';

/**
 * Answers two requests that a person has a right to: to see what is kept of him, and to have it erased (GDPR, articles 15
 * and 17). Each lib tells what it keeps.
 */
@Injectable()
export class PersonalData {
  private readonly kept: PersonalRecords[] = [doneByThem];

  constructor(
    private readonly dataSource: DataSource,
    private readonly audit: Audit,
  ) {}

  /** Tells what a lib keeps, in the order in which it may be erased. Modules do so at their start. */
  keeps(...records: readonly PersonalRecords[]): void {
    this.kept.push(...records);
  }

  /** Shows what is kept of a person in the actor's applications. @throws ForbiddenError, UserNotFoundError */
  async export(actor: Actor, userId: string): Promise<PersonalExport> {
    const person = personFor(actor, 'users:export', userId);
    return this.dataSource.transaction(async (manager) => {
      const records: Record<string, readonly object[]> = {};
      for (const { name, select } of this.kept) records[name] = await read(select, person, manager);
      const counts = Object.entries(records).map(([name, { length }]) => [name, length] as const);
      await this.record(actor, 'user.export', person, counts, manager);
      return { userId, records };
    });
  }

  /**
   * Erases what is kept of a person in the actor's applications, all or nothing. What is under way to him is not sent, but
   * for what a worker has in hand. The audit trail stays.
   * @throws ForbiddenError, UserNotFoundError
   */
  async erase(actor: Actor, userId: string): Promise<Erasure> {
    const person = personFor(actor, 'users:erase', userId);
    for (let attempts = 1; ; attempts++) {
      try {
        return await this.dataSource.transaction((manager) => this.eraseIn(manager, actor, person));
      } catch (error) {
        // He registered a device at this moment: it goes as well.
        if (attempts === 5 || sqlStateOf(error) !== isReferredTo) throw error;
      }
    }
  }

  private async eraseIn(manager: EntityManager, actor: Actor, person: Person): Promise<Erasure> {
    const counts: (readonly [string, number])[] = [];
    for (const { name, erase, isShared } of this.kept) {
      if (erase === undefined) continue;
      const isForeign = person.applicationIds !== null && counts.every(([, count]) => count === 0);
      if (isShared === true && isForeign) continue;
      const parameters = isShared === true ? [person.userId] : parametersOf(person);
      const [, count] = await manager.query<[unknown, number]>(erase, parameters);
      counts.push([name, count]);
    }
    await this.record(actor, 'user.erase', person, counts, manager);
    return { userId: person.userId, erased: Object.fromEntries(counts) };
  }

  private async record(
    actor: Actor,
    action: string,
    { userId }: Person,
    counts: readonly (readonly [string, number])[],
    manager: EntityManager,
  ): Promise<void> {
    const found = counts.filter(([, count]) => count > 0);
    if (found.length === 0) throw new UserNotFoundError(userId);
    const after = Object.fromEntries(found);
    await this.audit.record(actor, { action, target: `user:${userId}`, after }, manager);
  }
}

/** @throws ForbiddenError */
function personFor(actor: Actor, permission: Permission, userId: string): Person {
  actor.demandSomewhere(permission);
  // Nobody can be called so: PostgreSQL has no such text.
  if (/[\0\p{Cs}]/u.test(userId)) throw new UserNotFoundError(userId);
  return { userId, applicationIds: actor.applicationIds ?? null };
}

const parametersOf = ({ userId, applicationIds }: Person) => [userId, applicationIds];

async function read(select: string, person: Person, manager: EntityManager): Promise<object[]> {
  const rows = await manager.query<{ record: object }[]>(select, parametersOf(person));
  return rows.map(({ record }) => record);
}
