import type { Actor } from '@app/core';
import { type User, UsersService } from '@app/devices';
import { Args, Context, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql';
import { Allow } from '../access/allow';
import { CurrentActor } from '../access/current-actor';
import { deviceCursor, deviceIdIn } from '../devices/device-cursor';
import { DevicesArgs } from '../devices/device.input';
import { DeviceConnection, type DeviceType } from '../devices/device.type';
import { type CountedPage, countedPageOf, PageArgs, placedPageOf } from '../graphql/connection';
import type { RequestLoaders } from '../graphql/loaders';
import type { RequestContext } from '../graphql/request-context';
import { sendingCursor, sendingPosition } from '../graphql/sending-cursor';
import { NotificationConnection, type NotificationType } from '../notifications/notification.type';
import { ProfileType } from '../profiles/profile.type';
import { userCursor, userIdIn } from './user-cursor';
import { UserFilterInput } from './user.input';
import { UserConnection, UserType } from './user.type';

@Resolver(() => UserType)
export class UsersResolver {
  constructor(private readonly users: UsersService) {}

  @Allow('devices:read')
  @Query(() => UserType, { nullable: true, description: 'One user.' })
  user(
    @CurrentActor() actor: Actor,
    @Args('userId', { type: () => String, description: "The customer's own id." }) userId: string,
  ): Promise<UserType> {
    return this.users.get(actor, userId);
  }

  @Allow('devices:read')
  @Query(() => UserConnection, {
    name: 'users',
    description:
      'Users, by id. Who may touch some applications only sees those with a device or a profile in one of them.',
  })
  async list(
    @CurrentActor() actor: Actor,
    @Args() { first, after }: PageArgs,
    @Args('filter', { nullable: true, description: 'Which ones; all when absent.' })
    filter: UserFilterInput = {},
  ): Promise<CountedPage<UserType>> {
    return countedPageOf(
      await this.users.list(actor, filter, { first: first + 1, after: userIdIn(after) }),
      first,
      ({ id }) => userCursor(id),
      () => this.users.count(actor, filter),
    );
  }

  @Allow('devices:read')
  @ResolveField(() => DeviceConnection, { description: 'The devices that the user uses.' })
  async devices(
    @Parent() { id }: User,
    @Args() { first, after, orderBy }: DevicesArgs,
    @Context('loaders') { userDevices, userDeviceCounts }: RequestLoaders,
  ): Promise<CountedPage<DeviceType>> {
    const query = { order: orderBy, page: { first: first + 1, after: deviceIdIn(after) } };
    return countedPageOf(await userDevices.load({ parent: id, query }), first, deviceCursor, () =>
      userDeviceCounts.load(id),
    );
  }

  @Allow('devices:read')
  @ResolveField(() => [ProfileType], {
    description: 'What applications know of the user, by application.',
  })
  profiles({ id }: User, _: unknown, { loaders }: RequestContext): Promise<ProfileType[]> {
    return loaders.profiles.load(id);
  }

  @Allow('campaigns:read', 'messages:send')
  @ResolveField(() => NotificationConnection, {
    description: 'What was sent to the user, newest first; campaigns are not in it.',
  })
  async notifications(
    @Parent() { id }: User,
    @Args() { first, after }: PageArgs,
    @Context('loaders') { userNotifications, userNotificationCounts }: RequestLoaders,
  ): Promise<CountedPage<NotificationType>> {
    const query = { first: first + 1, after: sendingPosition(after) };
    return placedPageOf(
      await userNotifications.load({ parent: id, query }),
      first,
      sendingCursor,
      () => userNotificationCounts.load(id),
    );
  }
}
