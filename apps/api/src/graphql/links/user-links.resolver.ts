import type { User } from '@app/devices';
import { Args, Context, Parent, ResolveField, Resolver } from '@nestjs/graphql';
import { Allow } from '../../access/allow';
import { DevicesArgs } from '../devices/device.input';
import { DeviceConnection, type DeviceType } from '../devices/device.type';
import { connectCounted, type CountedConnection, PageArgs } from '../kit/connection';
import { deviceCursor, sendingCursor } from '../kit/cursors';
import type { RequestLoaders } from '../kit/loaders';
import { NotificationConnection, type NotificationType } from '../notifications/notification.type';
import { UserType } from '../users/user.type';

/** What a user uses, and what was sent to him. */
@Resolver(() => UserType)
export class UserLinksResolver {
  @Allow('devices:read')
  @ResolveField(() => DeviceConnection, { description: 'The devices that the user uses.' })
  async devices(
    @Parent() { id }: User,
    @Args() { orderBy, ...args }: DevicesArgs,
    @Context('loaders') { userDevices, userDeviceCounts }: RequestLoaders,
  ): Promise<CountedConnection<DeviceType>> {
    const query = { order: orderBy, page: deviceCursor.requestOf(args) };
    return connectCounted(await userDevices.load({ parent: id, query }), deviceCursor, () =>
      userDeviceCounts.load(id),
    );
  }

  @Allow('campaigns:read', 'messages:send')
  @ResolveField(() => NotificationConnection, {
    description: 'What was sent to the user, newest first; campaigns are not in it.',
  })
  async notifications(
    @Parent() { id }: User,
    @Args() args: PageArgs,
    @Context('loaders') { userNotifications, userNotificationCounts }: RequestLoaders,
  ): Promise<CountedConnection<NotificationType>> {
    const query = sendingCursor.requestOf(args);
    return connectCounted(await userNotifications.load({ parent: id, query }), sendingCursor, () =>
      userNotificationCounts.load(id),
    );
  }
}
