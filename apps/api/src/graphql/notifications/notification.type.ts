import { Field, ID, ObjectType } from '@nestjs/graphql';
import { countedConnectionOf } from '../kit/connection';
import { SendingType } from '../messages/sending.type';

@ObjectType('Notification', {
  description: 'A message sent to one user now.',
  implements: () => SendingType,
})
export class NotificationType {
  @Field(() => ID, { description: 'A UUID.' })
  id!: string;

  @Field(() => String, {
    description: "The user, by the customer's own id.",
  })
  userId!: string;

  @Field(() => String, {
    nullable: true,
    description: 'Only the device of this activation gets it, where given.',
  })
  activationId!: string | null;
}

export const NotificationConnection = countedConnectionOf(NotificationType, 'Notification');
