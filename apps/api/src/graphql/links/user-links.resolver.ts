import type { User } from '@app/devices';
import { Args, Context, Parent, ResolveField, Resolver } from '@nestjs/graphql';
import { Allow } from '../../access/allow';
import { deviceCursor, deviceIdIn } from '../devices/device-cursor';
import { DevicesArgs } from '../devices/device.input';
import { DeviceConnection, type DeviceType } from '../devices/device.type';
import { type CountedPage, countedPageOf, PageArgs, placedPageOf } from '../kit/connection';
import type { RequestLoaders } from '../kit/loaders';
import { sendingCursor, sendingPosition } from '../kit/sending-cursor';
import { NotificationConnection, type NotificationType } from '../notifications/notification.type';
import { UserType } from '../users/user.type';

/** What a user uses, and what was sent to him. */
@Resolver(() => UserType)
export class UserLinksResolver {
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
