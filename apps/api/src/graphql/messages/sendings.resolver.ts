import type { Campaign, Notification } from '@app/campaigns';
import { ResolveField, Resolver } from '@nestjs/graphql';
import { Allow } from '../../access/allow';
import { ApplicationType } from '../applications/application.type';
import type { RequestContext } from '../kit/request-context';
import { DeliveryCountsType, DeliveryReasonType, MessageType, messageView } from './message.type';
import { SendingType } from './sending.type';

type Sending = Campaign | Notification;

/** Shows alike what campaigns and notifications send and how far it is: both own a message. */
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
}
