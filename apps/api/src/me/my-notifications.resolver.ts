import type { Notification } from '@app/campaigns';
import { Context, Parent, ResolveField, Resolver } from '@nestjs/graphql';
import { Allow } from '../access/allow';
import type { RequestLoaders } from '../graphql/loaders';
import { DateTime } from '../graphql/scalars';
import { MessageType, messageView } from '../messages/message.type';
import { MyDeliveryType, MyNotificationType } from './me.type';

@Resolver(() => MyNotificationType)
export class MyNotificationsResolver {
  @Allow('me')
  @ResolveField(() => MessageType, { description: 'What it says.' })
  message(@Parent() { message }: Notification): MessageType {
    return messageView(message);
  }

  @Allow('me')
  @ResolveField(() => DateTime, { description: 'When it was sent.' })
  sentAt(@Parent() { message }: Notification): Date {
    return message.createdAt;
  }

  @Allow('me')
  @ResolveField(() => [MyDeliveryType], {
    description: 'What became of it on the devices that the user uses now.',
  })
  deliveries(
    @Parent() { id }: Notification,
    @Context('loaders') { ownDeliveries }: RequestLoaders,
  ): Promise<MyDeliveryType[]> {
    return ownDeliveries.load(id);
  }
}
