import {
  type Actor,
  emptyPage,
  oneBy,
  type Page,
  type PageRequest,
  type Permission,
  preparedQuery,
  readPage,
  readPages,
} from '@app/core';
import { type Placed, positionParameters, type SendingPosition } from '@app/delivery';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Notification } from './notification.entity';
import {
  allNotificationsStatement,
  countNotificationsOfUsersStatement,
  countNotificationsStatement,
  notificationsOfUsersStatement,
  notificationsStatement,
  sendingsStatement,
} from './sending-list.statements';
import { SendingRows } from './sending-rows';

/** Selects notifications; an absent member selects all. */
export interface NotificationFilter {
  readonly applicationId?: number | undefined;
  readonly userId?: string | undefined;
}

/** Lists notifications in pages, newest first. A limited actor sees those of the applications that he reaches. */
@Injectable()
export class NotificationLists {
  private readonly rows = new SendingRows(Notification);

  constructor(private readonly dataSource: DataSource) {}

  /** Lists notifications with their messages. @throws ForbiddenError */
  async list(
    actor: Actor,
    filter: NotificationFilter,
    page: PageRequest<SendingPosition>,
  ): Promise<Page<Placed<Notification>>> {
    const { applicationId, userId } = filter;
    if (userId !== undefined) {
      return (await this.ofUsers(actor, [userId], page, applicationId)).get(userId) ?? emptyPage;
    }
    const reach = reachOf(actor, applicationId);
    return readPage(page, (limit) => {
      const place = [...positionParameters(page.after), limit];
      return reach === undefined
        ? this.placed(allNotificationsStatement, place)
        : this.placed(notificationsStatement, [...place, reach]);
    });
  }

  /** @throws ForbiddenError */
  async count(actor: Actor, { applicationId, userId }: NotificationFilter): Promise<number> {
    if (userId !== undefined) {
      return (await this.countOfUsers(actor, [userId], applicationId)).get(userId) ?? 0;
    }
    const [{ total }] = await this.dataSource.query<[{ total: number }]>(
      countNotificationsStatement,
      [reachOf(actor, applicationId) ?? null],
    );
    return total;
  }

  /** Lists one page for each of several users. @throws ForbiddenError */
  async ofUsers(
    actor: Actor,
    userIds: readonly string[],
    page: PageRequest<SendingPosition>,
    applicationId?: number,
  ): Promise<Map<string, Page<Placed<Notification>>>> {
    return this.addressed(userIds, page, reachOf(actor, applicationId));
  }

  /** @throws ForbiddenError */
  async countOfUsers(
    actor: Actor,
    userIds: readonly string[],
    applicationId?: number,
  ): Promise<Map<string, number>> {
    return this.totals(userIds, reachOf(actor, applicationId));
  }

  /** Lists notifications to the caller himself, in the application of his token. @throws ForbiddenError without such a token */
  async own(actor: Actor, page: PageRequest<SendingPosition>): Promise<Page<Placed<Notification>>> {
    const reach = actor.ownReach('campaigns:read');
    return (await this.addressed([actor.id], page, reach)).get(actor.id) ?? emptyPage;
  }

  /** Counts what `own` lists. @throws ForbiddenError */
  async countOwn(actor: Actor): Promise<number> {
    return (await this.totals([actor.id], actor.ownReach('campaigns:read'))).get(actor.id) ?? 0;
  }

  /** Finds notifications with their messages. Nobody's permission is asked: whoever has a delivery may know its message. */
  async byId(ids: readonly string[]): Promise<Map<string, Notification>> {
    const rows = await preparedQuery(
      this.dataSource.manager,
      sendingsStatement('notifications', this.rows.columns),
      [ids],
    );
    return new Map(
      rows
        .map((row) => this.rows.sendingOf(row))
        .map((notification) => [notification.id, notification]),
    );
  }

  private async addressed(
    userIds: readonly string[],
    page: PageRequest<SendingPosition>,
    reach: readonly number[] | undefined,
  ): Promise<Map<string, Page<Placed<Notification>>>> {
    return readPages(userIds, page, async (limit) => {
      const place = [...positionParameters(page.after), limit];
      const found = await this.placed(notificationsOfUsersStatement, [
        ...place,
        reach ?? null,
        userIds,
      ]);
      return found.map((notification) => [notification.userId, notification] as const);
    });
  }

  private async totals(
    userIds: readonly string[],
    reach: readonly number[] | undefined,
  ): Promise<Map<string, number>> {
    const rows = await this.dataSource.query<{ userId: string; total: number }[]>(
      countNotificationsOfUsersStatement,
      [reach ?? null, userIds],
    );
    return oneBy(userIds, rows, ({ userId, total }) => [userId, total], 0);
  }

  private async placed(
    statement: (columns: string) => string,
    parameters: readonly unknown[],
  ): Promise<Placed<Notification>[]> {
    const { manager } = this.dataSource;
    const text = statement(this.rows.columns);
    const rows = await preparedQuery<SendingPosition>(manager, text, parameters);
    return rows.map((row) => this.rows.placedOf(row));
  }
}

/** Returns the reach of an actor who reads campaigns, or may send and so see what became of it. @throws ForbiddenError */
function reachOf(actor: Actor, applicationId: number | undefined): readonly number[] | undefined {
  return actor.reach(notificationPermission(actor), applicationId);
}

/** The permission that reads notifications; who reads messages of one kind reads those of the other. */
export const notificationPermission = ({ permissions }: Actor): Permission =>
  permissions.has('messages:send') ? 'messages:send' : 'campaigns:read';
