import { type Actor, emptyPage, type Page, type PageRequest, readPage } from '@app/core';
import { UserNotFoundError } from '@app/personal-data';
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

/** The users of a list; a member that is absent leaves nobody out. */
export interface UserFilter {
  /** Keeps users with a device or a profile in this application. */
  readonly applicationId?: number | undefined;
  readonly userId?: string | undefined;
  /** Keeps users whose profile has this e-mail, in whatever spelling. */
  readonly email?: string | undefined;
}

/**
 * Users as people see them. A user belongs to no application: who is limited to some sees those with a device or a
 * profile in one of them.
 */
@Injectable()
export class UsersService {
  constructor(private readonly dataSource: DataSource) {}

  /** Returns a user. @throws ForbiddenError, UserNotFoundError, also for one whom the actor does not reach */
  async get(actor: Actor, id: string): Promise<User> {
    const [user] = await this.find(actor, [id]);
    if (user === undefined) throw new UserNotFoundError(id);
    return user;
  }

  /**
   * Finds users by their ids, without those who are unknown or whom the actor does not reach.
   * @throws ForbiddenError
   */
  async find(
    actor: Actor,
    ids: readonly string[],
    { applicationId, email }: Omit<UserFilter, 'userId'> = {},
  ): Promise<User[]> {
    const reach = actor.reach('devices:read', applicationId) ?? null;
    const spelled = email === undefined ? null : canonicalEmail(email);
    return this.users(findUsersStatement, [reach, ids, spelled]);
  }

  /** Lists users by id. @throws ForbiddenError, InvalidProfileError for what is no e-mail */
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

  /** Counts the users that `list` has. @throws ForbiddenError, InvalidProfileError */
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
