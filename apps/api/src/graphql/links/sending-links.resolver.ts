import type { Campaign, Notification } from '@app/campaigns';
import { Args, Context, Parent, ResolveField, Resolver } from '@nestjs/graphql';
import { Allow } from '../../access/allow';
import { deliveriesOfMessage } from '../deliveries/delivery-pages';
import { DeliveriesArgs } from '../deliveries/delivery.input';
import { DeliveryConnection, type DeliveryPage } from '../deliveries/delivery.type';
import type { RequestLoaders } from '../kit/loaders';
import { SendingType } from '../messages/sending.type';

/** Leads from a campaign or a notification to its deliveries. */
@Resolver(() => SendingType)
export class SendingLinksResolver {
  @Allow('campaigns:read', 'messages:send')
  @ResolveField(() => DeliveryConnection, { description: 'Its deliveries, APNs first.' })
  deliveries(
    @Parent() { message }: Campaign | Notification,
    @Args() { gateway, state, reason, ...page }: DeliveriesArgs,
    @Context('loaders') loaders: RequestLoaders,
  ): Promise<DeliveryPage> {
    return deliveriesOfMessage(loaders, message.id, { gateway, state, reason }, page);
  }
}
