import type { Notification } from '@app/campaigns';
import { ResolveField, Resolver } from '@nestjs/graphql';
import { Allow } from '../../access/allow';
import type { RequestContext } from '../kit/request-context';
import { DateTime } from '../kit/scalars';
import { MessageType, messageView } from '../messages/message.type';
import { MyDeliveryType, MyNotificationType } from './me.type';

@Resolver(() => MyNotificationType)
export class MyNotificationsResolver {
  @Allow('me')
  @ResolveField(() => MessageType, { description: 'What it says.' })
  message({ message }: Notification): MessageType {
    return messageView(message);
  }

  @Allow('me')
  @ResolveField(() => DateTime, { description: 'When it was sent.' })
  sentAt({ message }: Notification): Date {
    return message.createdAt;
  }

  @Allow('me')
  @ResolveField(() => [MyDeliveryType], {
    description: 'What became of it on the devices that the user uses now.',
  })
  deliveries(
    { id }: Notification,
    _: unknown,
    { loaders }: RequestContext,
  ): Promise<MyDeliveryType[]> {
    return loaders.ownDeliveries.load(id);
  }
}
