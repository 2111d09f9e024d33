import type { Device } from '@app/devices';
import { Args, Context, Parent, ResolveField, Resolver } from '@nestjs/graphql';
import { Allow } from '../../access/allow';
import { deliveriesOfDevice } from '../deliveries/delivery-pages';
import { DeliveriesArgs } from '../deliveries/delivery.input';
import { DeliveryConnection, type DeliveryPage } from '../deliveries/delivery.type';
import { DeviceType } from '../devices/device.type';
import type { RequestLoaders } from '../kit/loaders';
import type { RequestContext } from '../kit/request-context';
import { UserType } from '../users/user.type';

/** Leads from a device to its users and its deliveries. */
@Resolver(() => DeviceType)
export class DeviceLinksResolver {
  @Allow('devices:read')
  @ResolveField(() => [UserType], { description: 'The users who use it, each once.' })
  async users({ id }: Device, _: unknown, { loaders }: RequestContext): Promise<UserType[]> {
    const userIds = (await loaders.activations.load(id)).map(({ userId }) => userId);
    const found = await Promise.all(
      [...new Set(userIds)].map((userId) => loaders.users.load(userId)),
    );
    return found.filter((user) => user !== null);
  }

  @Allow('campaigns:read', 'messages:send')
  @ResolveField(() => DeliveryConnection, { description: 'What it got, newest first.' })
  deliveries(
    @Parent() { id }: Device,
    @Args() { gateway, state, reason, ...page }: DeliveriesArgs,
    @Context('loaders') loaders: RequestLoaders,
  ): Promise<DeliveryPage> {
    return deliveriesOfDevice(loaders, id, { gateway, state, reason }, page);
  }
}
