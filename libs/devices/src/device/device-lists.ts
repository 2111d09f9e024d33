import {
  type Actor,
  emptyPage,
  type ListOrder,
  oneBy,
  type Page,
  type PageRequest,
  type Platform,
  platforms,
  readPage,
  readPages,
} from '@app/core';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import {
  allDevicesStatement,
  countDevicesOfUsersStatement,
  countDevicesStatement,
  devicesOfUsersStatement,
  devicesStatement,
} from './device-list.statements';
import { deviceRows } from './device-rows';
import type { Device } from './device.entity';

/** The devices of a list; a member that is absent leaves none out. */
export interface DeviceFilter {
  readonly applicationId?: number | undefined;
  /** Keeps devices that this user uses. */
  readonly userId?: string | undefined;
  readonly platform?: Platform | undefined;
  readonly retired?: boolean | undefined;
}

type DevicePageRequest = PageRequest<Pick<Device, 'id'>>;

/**
 * Lists devices in pages, by id and so by the time of their first registration; who is limited sees those that he
 * reaches.
 */
@Injectable()
export class DeviceLists {
  constructor(private readonly dataSource: DataSource) {}

  /** @throws ForbiddenError */
  async list(
    actor: Actor,
    filter: DeviceFilter,
    order: ListOrder,
    page: DevicePageRequest,
  ): Promise<Page<Device>> {
    const { userId, platform, retired } = filter;
    if (userId !== undefined) {
      return (await this.ofUsers(actor, [userId], filter, order, page)).get(userId) ?? emptyPage;
    }
    const conditions = conditionsOf(actor, filter);
    const isAll = conditions[0] === null && platform === undefined && retired === undefined;
    return readPage(page, async (limit) => {
      const place = [page.after?.id ?? null, limit];
      const rows = await this.dataSource.query<object[]>(
        isAll ? allDevicesStatement(order) : devicesStatement(order),
        isAll ? place : [...place, ...conditions],
      );
      return rows.map(deviceRows.read);
    });
  }

  /** @throws ForbiddenError */
  async count(actor: Actor, filter: DeviceFilter): Promise<number> {
    const { userId } = filter;
    if (userId !== undefined) {
      return (await this.countOfUsers(actor, [userId], filter)).get(userId) ?? 0;
    }
    const [{ total }] = await this.dataSource.query<[{ total: number }]>(
      countDevicesStatement,
      conditionsOf(actor, filter),
    );
    return total;
  }

  /**
   * Lists the devices that the caller himself uses, in the application of his token.
   * @throws ForbiddenError without such a token
   */
  async own(actor: Actor, order: ListOrder, page: DevicePageRequest): Promise<Page<Device>> {
    const lists = await this.used(
      [actor.id],
      [actor.ownReach('devices:read'), ...everyKind],
      order,
      page,
    );
    return lists.get(actor.id) ?? emptyPage;
  }

  /** Counts the devices that `own` has. @throws ForbiddenError */
  async countOwn(actor: Actor): Promise<number> {
    const counts = await this.countUsed([actor.id], [actor.ownReach('devices:read'), ...everyKind]);
    return counts.get(actor.id) ?? 0;
  }

  /** Lists one page of the devices of each of several users, in one statement. @throws ForbiddenError */
  async ofUsers(
    actor: Actor,
    userIds: readonly string[],
    filter: DeviceFilter,
    order: ListOrder,
    page: DevicePageRequest,
  ): Promise<Map<string, Page<Device>>> {
    return this.used(userIds, conditionsOf(actor, filter), order, page);
  }

  /** Counts the devices that `ofUsers` has. @throws ForbiddenError */
  async countOfUsers(
    actor: Actor,
    userIds: readonly string[],
    filter: DeviceFilter = {},
  ): Promise<Map<string, number>> {
    return this.countUsed(userIds, conditionsOf(actor, filter));
  }

  private async used(
    userIds: readonly string[],
    conditions: Conditions,
    order: ListOrder,
    page: DevicePageRequest,
  ): Promise<Map<string, Page<Device>>> {
    return readPages(userIds, page, async (limit) => {
      const rows = await this.dataSource.query<{ userId: string }[]>(
        devicesOfUsersStatement(order),
        [page.after?.id ?? null, limit, ...conditions, userIds],
      );
      return rows.map((row) => [row.userId, deviceRows.read(row)] as const);
    });
  }

  private async countUsed(
    userIds: readonly string[],
    conditions: Conditions,
  ): Promise<Map<string, number>> {
    const rows = await this.dataSource.query<{ userId: string; total: number }[]>(
      countDevicesOfUsersStatement,
      [...conditions, userIds],
    );
    return oneBy(userIds, rows, ({ userId, total }) => [userId, total], 0);
  }
}

/** The parameters that the lists' statements have in common: applications (null: all), platforms and retirements. */
type Conditions = readonly [
  applicationIds: readonly number[] | null,
  platforms: readonly Platform[],
  retirements: readonly boolean[],
];

const everyKind = [platforms, [false, true]] as const;

/** @throws ForbiddenError */
function conditionsOf(
  actor: Actor,
  { applicationId, platform, retired }: DeviceFilter,
): Conditions {
  return [
    actor.reach('devices:read', applicationId) ?? null,
    platform === undefined ? platforms : [platform],
    retired === undefined ? [false, true] : [retired],
  ];
}
