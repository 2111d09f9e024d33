import type { Campaign, Notification } from '@app/campaigns';
import { Args, Context, Parent, ResolveField, Resolver } from '@nestjs/graphql';
import { Allow } from '../access/allow';
import { ApplicationType } from '../applications/application.type';
import { deliveriesOfMessage } from '../deliveries/delivery-pages';
import { DeliveriesArgs } from '../deliveries/delivery.input';
import { DeliveryConnection, type DeliveryPage } from '../deliveries/delivery.type';
import type { RequestLoaders } from '../graphql/loaders';
import type { RequestContext } from '../graphql/request-context';
import { DeliveryCountsType, DeliveryReasonType, MessageType, messageView } from './message.type';
import { SendingType } from './sending.type';

type Sending = Campaign | Notification;

/** Campaigns and notifications show alike what they send and how far it is: both own a message. */
@Resolver(() => SendingType)
export class SendingsResolver {
  @Allow('applications:read')
  @ResolveField(() => ApplicationType, { description: 'The application whose devices get it.' })
  application(
    { message }: Sending,
    _: unknown,
    { loaders }: RequestContext,
  ): Promise<ApplicationType | null> {
    return loaders.applications.load(message.applicationId);
  }

  @ResolveField(() => MessageType, { description: 'What it sends.' })
  message({ message }: Sending): MessageType {
    return messageView(message);
  }

  @ResolveField(() => DeliveryCountsType, { description: 'How many deliveries are in each state.' })
  counts(
    { message }: Sending,
    _: unknown,
    { loaders }: RequestContext,
  ): Promise<DeliveryCountsType> {
    return loaders.counts.load(message.id);
  }

  @ResolveField(() => [DeliveryReasonType], {
    description: 'Why deliveries are not accepted, most frequent first.',
  })
  reasons(
    { message }: Sending,
    _: unknown,
    { loaders }: RequestContext,
  ): Promise<DeliveryReasonType[]> {
    return loaders.reasons.load(message.id);
  }

  @Allow('campaigns:read', 'messages:send')
  @ResolveField(() => DeliveryConnection, { description: 'Its deliveries, APNs first.' })
  deliveries(
    @Parent() { message }: Sending,
    @Args() { gateway, state, reason, ...page }: DeliveriesArgs,
    @Context('loaders') loaders: RequestLoaders,
  ): Promise<DeliveryPage> {
    return deliveriesOfMessage(loaders, message.id, { gateway, state, reason }, page);
  }
}
