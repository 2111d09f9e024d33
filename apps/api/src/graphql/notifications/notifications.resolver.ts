import { type Notification, NotificationLists, NotificationsService } from '@app/campaigns';
import type { Actor } from '@app/core';
import { Args, Directive, ID, Mutation, Query, ResolveField, Resolver } from '@nestjs/graphql';
import { Allow } from '../../access/allow';
import { CurrentActor } from '../../access/current-actor';
import { connectCounted, type CountedConnection, PageArgs } from '../kit/connection';
import { sendingCursor } from '../kit/cursors';
import { DateTime } from '../kit/scalars';
import {
  NotificationFilterInput,
  SendNotificationInput,
  SendNotificationsArgs,
} from './notification.input';
import { NotificationConnection, NotificationType } from './notification.type';

@Resolver(() => NotificationType)
export class NotificationsResolver {
  constructor(
    private readonly notifications: NotificationsService,
    private readonly lists: NotificationLists,
  ) {}

  @Allow('campaigns:read', 'messages:send')
  @Query(() => NotificationType, { nullable: true, description: 'One notification.' })
  notification(
    @CurrentActor() actor: Actor,
    @Args('id', { type: () => ID, description: 'Its id.' }) id: string,
  ): Promise<NotificationType> {
    return this.notifications.get(actor, id);
  }

  @Allow('campaigns:read', 'messages:send')
  @Query(() => NotificationConnection, {
    name: 'notifications',
    description: 'The notifications that the caller may see, newest first.',
  })
  async list(
    @CurrentActor() actor: Actor,
    @Args() page: PageArgs,
    @Args('filter', { nullable: true, description: 'Which ones; all when absent.' })
    filter: NotificationFilterInput = {},
  ): Promise<CountedConnection<NotificationType>> {
    return connectCounted(
      await this.lists.list(actor, filter, sendingCursor.requestOf(page)),
      sendingCursor,
      () => this.lists.count(actor, filter),
    );
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
    return this.notifications.notify(actor, input);
  }

  @Allow('messages:send')
  @Directive('@listSize(slicingArguments: ["inputs"])')
  @Mutation(() => [NotificationType], {
    description:
      'Sends up to 1000 messages, all or none, as sendNotification does each. What is wrong is named with its place in the list. Returns them in the order of the list.',
  })
  sendNotifications(
    @CurrentActor() actor: Actor,
    @Args() { inputs }: SendNotificationsArgs,
  ): Promise<NotificationType[]> {
    return this.notifications.notifyMany(actor, inputs);
  }

  @ResolveField(() => DateTime, { description: 'When it was sent.' })
  createdAt({ message }: Notification): Date {
    return message.createdAt;
  }
}
