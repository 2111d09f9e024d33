import type { Message } from '@app/delivery';
import { Field, InputType, ObjectType } from '@nestjs/graphql';
import { PushPriorityEnum } from '../kit/enums';
import { DateTime } from '../kit/scalars';

/** What a message is shown with as it was given. */
@ObjectType({ isAbstract: true })
@InputType({ isAbstract: true })
export abstract class MessageFields {
  @Field(() => String, { nullable: true, description: 'Title.' })
  title?: string;

  @Field(() => String, {
    nullable: true,
    description:
      "Key of a text among the app's own, in the user's language, in place of the title.",
  })
  titleLocKey?: string;

  @Field(() => [String], {
    nullable: true,
    description: 'What is put into the text of titleLocKey.',
  })
  titleLocArgs?: readonly string[];

  @Field(() => String, { nullable: true, description: 'Text.' })
  body?: string;

  @Field(() => String, {
    nullable: true,
    description: "Key of a text among the app's own, in the user's language, in place of the text.",
  })
  bodyLocKey?: string;

  @Field(() => [String], {
    nullable: true,
    description: 'What is put into the text of bodyLocKey.',
  })
  bodyLocArgs?: readonly string[];

  @Field(() => String, { nullable: true, description: 'Sound to play.' })
  sound?: string;

  @Field(() => String, { nullable: true, description: 'Icon of the notification (FCM).' })
  icon?: string;

  @Field(() => String, {
    nullable: true,
    description: 'Category, which decides the buttons (APNs); the tag on Android.',
  })
  category?: string;

  @Field(() => DateTime, {
    nullable: true,
    description: 'A device that is not reached by then does not get it.',
  })
  validUntil?: Date;

  @Field(() => PushPriorityEnum, {
    nullable: true,
    description: 'How urgent it is. When absent, the highest on APNs and the default of FCM.',
  })
  priority?: NonNullable<Message['content']['priority']>;
}
