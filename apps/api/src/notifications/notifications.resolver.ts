import { type Notification, NotificationsService } from '@app/campaigns';
import type { Actor } from '@app/core';
import { Args, ID, Mutation, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql';
import { Allow } from '../access/allow';
import { CurrentActor } from '../access/current-actor';
import { DateTime } from '../graphql/scalars';
import { SendNotificationInput } from './notification.input';
import { NotificationType } from './notification.type';

@Resolver(() => NotificationType)
export class NotificationsResolver {
  constructor(private readonly notifications: NotificationsService) {}

  @Allow('campaigns:read', 'messages:send')
  @Query(() => NotificationType, { nullable: true, description: 'One notification.' })
  notification(
    @CurrentActor() actor: Actor,
    @Args('id', { type: () => ID, description: 'Its id.' }) id: string,
  ): Promise<NotificationType> {
    return this.notifications.get(actor, id);
  }

  @Allow('messages:send')
  @Mutation(() => NotificationType, {
    description:
      'Sends a message to the devices of a user. A user without devices is no error: nothing is delivered.',
  })
  sendNotification(
    @CurrentActor() actor: Actor,
    @Args('input', { description: 'What to whom.' }) input: SendNotificationInput,
  ): Promise<NotificationType> {
    return this.notifications.send(actor, input);
  }

  @ResolveField(() => DateTime, { description: 'When it was sent.' })
  createdAt(@Parent() { message }: Notification): Date {
    return message.createdAt;
  }
}
