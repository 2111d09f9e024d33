import type { AddressedNotification, NotificationFilter } from '@app/campaigns';
import { ArgsType, Field, ID, InputType } from '@nestjs/graphql';
import { Type } from 'class-transformer';
import { ValidateNested } from 'class-validator';
import { NumericId } from '../../http/numeric-id';
import { SendingInput } from '../messages/message.input';

@InputType({ description: 'A message to one user.' })
export class SendNotificationInput extends SendingInput implements AddressedNotification {
  @Field(() => ID, { description: 'The application.' })
  @NumericId()
  applicationId!: number;

  @Field(() => String, {
    nullable: true,
    description: "The user, by the customer's own id. Either this or the e-mail.",
  })
  userId?: string;

  @Field(() => String, {
    nullable: true,
    description: 'The e-mail of his profile. Where several users have it, AMBIGUOUS_EMAIL.',
  })
  email?: string;

  @Field(() => String, { nullable: true, description: 'Only the device of this activation.' })
  activationId?: string;
}

@InputType({ description: 'Which notifications to show. What is absent does not matter.' })
export class NotificationFilterInput implements NotificationFilter {
  @Field(() => ID, { nullable: true, description: 'Those of this application.' })
  @NumericId()
  applicationId?: number;

  @Field(() => String, { nullable: true, description: 'Those to this user.' })
  userId?: string;
}

@ArgsType()
export class SendNotificationsArgs {
  @Field(() => [SendNotificationInput], { description: 'What to whom; 1 to 1000.' })
  @ValidateNested({ each: true })
  @Type(() => SendNotificationInput)
  inputs!: SendNotificationInput[];
}
