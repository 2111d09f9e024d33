import { type Notification, NotificationsService } from '@app/campaigns';
import type { MessageState } from '@app/delivery';
import {
  Args,
  Context,
  ID,
  Mutation,
  Parent,
  Query,
  ResolveField,
  Resolver,
} from '@nestjs/graphql';
import { ApplicationType } from '../applications/application.type';
import { DeliveryPages } from '../deliveries/delivery-pages';
import { DeliveryConnection, type DeliveryPage } from '../deliveries/delivery.type';
import { PageArgs } from '../graphql/connection';
import { MessageStateEnum } from '../graphql/enums';
import type { RequestLoaders } from '../graphql/loaders';
import { DateTime } from '../graphql/scalars';
import { DeliveryCountsType, MessageType, messageView } from '../messages/message.type';
import { SendNotificationInput } from './notification.input';
import { NotificationType } from './notification.type';

@Resolver(() => NotificationType)
export class NotificationsResolver {
  constructor(
    private readonly notifications: NotificationsService,
    private readonly deliveryPages: DeliveryPages,
  ) {}

  @Query(() => NotificationType, { nullable: true, description: 'One notification.' })
  notification(
    @Args('id', { type: () => ID, description: 'Its id.' }) id: string,
  ): Promise<NotificationType> {
    return this.notifications.get(id);
  }

  @Mutation(() => NotificationType, {
    description:
      'Sends a message to the devices of a user. A user without devices is no error: nothing is delivered.',
  })
  sendNotification(
    @Args('input', { description: 'What to whom.' }) input: SendNotificationInput,
  ): Promise<NotificationType> {
    return this.notifications.send(input);
  }

  @ResolveField(() => ApplicationType, { description: 'The application whose devices get it.' })
  application(
    @Parent() { message }: Notification,
    @Context('loaders') { applications }: RequestLoaders,
  ): Promise<ApplicationType | null> {
    return applications.load(message.applicationId);
  }

  @ResolveField(() => MessageType, { description: 'What it sends.' })
  message(@Parent() { message }: Notification): MessageType {
    return messageView(message);
  }

  @ResolveField(() => MessageStateEnum, { description: 'How far it is.' })
  state(@Parent() { message }: Notification): MessageState {
    return message.state;
  }

  @ResolveField(() => DateTime, { description: 'When it was sent.' })
  createdAt(@Parent() { message }: Notification): Date {
    return message.createdAt;
  }

  @ResolveField(() => DateTime, {
    nullable: true,
    description: 'When its last delivery got its final state.',
  })
  completedAt(@Parent() { message }: Notification): Date | null {
    return message.completedAt;
  }

  @ResolveField(() => DeliveryCountsType, { description: 'How many deliveries are in each state.' })
  counts(
    @Parent() { id }: Notification,
    @Context('loaders') { counts }: RequestLoaders,
  ): Promise<DeliveryCountsType> {
    return counts.load(id);
  }

  @ResolveField(() => DeliveryConnection, { description: 'Its deliveries, APNs first.' })
  deliveries(@Parent() { id }: Notification, @Args() page: PageArgs): Promise<DeliveryPage> {
    return this.deliveryPages.list({ messageId: id }, page);
  }
}
