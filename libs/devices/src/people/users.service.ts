import { type Actor, emptyPage, type Page, type PageRequest, readPage } from '@app/core';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { canonicalEmail } from './profile-attributes';
import {
  allUsersStatement,
  countAllUsersStatement,
  countUsersByEmailStatement,
  countUsersStatement,
  findUsersStatement,
  userRows,
  usersByEmailStatement,
  usersStatement,
} from './user-list.statements';
import type { User } from './user.entity';
import { UserNotFoundError } from './users.errors';

/** Which users; what is absent does not matter. */
export interface UserFilter {
  /** Those with a device or a profile in this application. */
  readonly applicationId?: number | undefined;
  readonly userId?: string | undefined;
  /** Those whose profile has it, in whatever spelling. */
  readonly email?: string | undefined;
}

/**
 * Users as people see them. A user belongs to no application: who is limited to some sees those with a device or a
 * profile in one of them.
 */
@Injectable()
export class UsersService {
  constructor(private readonly dataSource: DataSource) {}

  /** @throws ForbiddenError, UserNotFoundError, also for one out of reach */
  async get(actor: Actor, id: string): Promise<User> {
    const [user] = await this.find(actor, [id]);
    if (user === undefined) throw new UserNotFoundError(id);
    return user;
  }

  /** By id; whoever is not known, or not reached by the actor, is left out. @throws ForbiddenError */
  async find(
    actor: Actor,
    ids: readonly string[],
    { applicationId, email }: Omit<UserFilter, 'userId'> = {},
  ): Promise<User[]> {
    const reach = actor.reach('devices:read', applicationId) ?? null;
    const spelled = email === undefined ? null : canonicalEmail(email);
    return this.users(findUsersStatement, [reach, ids, spelled]);
  }

  /** By id. @throws ForbiddenError, InvalidProfileError for what is no e-mail */
  async list(
    actor: Actor,
    filter: UserFilter,
    page: PageRequest<Pick<User, 'id'>>,
  ): Promise<Page<User>> {
    const { applicationId, userId, email } = filter;
    const reach = actor.reach('devices:read', applicationId);
    const after = page.after?.id ?? null;
    if (userId !== undefined && after !== null) return emptyPage;
    return readPage(page, (limit) => {
      if (userId !== undefined) return this.find(actor, [userId], filter);
      if (email !== undefined) {
        const parameters = [reach ?? null, after, limit, canonicalEmail(email)];
        return this.users(usersByEmailStatement, parameters);
      }
      return reach === undefined
        ? this.users(allUsersStatement, [after, limit])
        : this.users(usersStatement, [reach, after, limit]);
    });
  }

  /** @throws ForbiddenError, InvalidProfileError */
  async count(actor: Actor, filter: UserFilter): Promise<number> {
    const { applicationId, userId, email } = filter;
    const reach = actor.reach('devices:read', applicationId);
    if (userId !== undefined) return (await this.find(actor, [userId], filter)).length;
    if (email !== undefined) {
      return this.total(countUsersByEmailStatement, [reach ?? null, canonicalEmail(email)]);
    }
    return reach === undefined
      ? this.total(countAllUsersStatement, [])
      : this.total(countUsersStatement, [reach]);
  }

  private async users(statement: string, parameters: unknown[]): Promise<User[]> {
    return (await this.dataSource.query<object[]>(statement, parameters)).map(userRows.read);
  }

  private async total(statement: string, parameters: unknown[]): Promise<number> {
    const [{ total }] = await this.dataSource.query<[{ total: number }]>(statement, parameters);
    return total;
  }
}
