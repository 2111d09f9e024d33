import { Field, Int, ObjectType } from '@nestjs/graphql';
import type { Message } from '@app/delivery';
import { DeliveryStateEnum, PushPriorityEnum } from '../kit/enums';
import { DateTime, Json } from '../kit/scalars';

@ObjectType('Message', { description: 'What the user sees or the app is told.' })
export class MessageType {
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

  @Field(() => Int, { nullable: true, description: 'Number on the app icon (APNs).' })
  badge?: number;

  @Field(() => String, { nullable: true, description: 'Sound to play.' })
  sound?: string;

  @Field(() => String, { nullable: true, description: 'Icon of the notification (FCM).' })
  icon?: string;

  @Field(() => String, {
    nullable: true,
    description: 'Category, which decides the buttons (APNs); the tag on Android.',
  })
  category?: string;

  @Field(() => String, {
    nullable: true,
    description: 'A later message with the same key replaces this one.',
  })
  collapseKey?: string;

  @Field(() => DateTime, {
    nullable: true,
    description: 'A device that is not reached by then does not get it.',
  })
  validUntil?: Date;

  @Field(() => Json, { nullable: true, description: 'Custom data for the app: an object.' })
  extras?: unknown;

  @Field(() => PushPriorityEnum, {
    nullable: true,
    description: 'How urgent it is. When absent, the highest on APNs and the default of FCM.',
  })
  priority?: NonNullable<Message['content']['priority']>;

  @Field(() => Boolean, { description: 'Shows nothing; only the app gets it.' })
  silent!: boolean;

  @Field(() => Boolean, { description: 'Skips devices whose activation is not ACTIVE.' })
  personal!: boolean;
}

@ObjectType('DeliveryCounts', { description: 'How many deliveries are in each state.' })
export class DeliveryCountsType {
  @Field(() => Int, { description: 'All of them.' })
  total!: number;

  @Field(() => Int, { description: 'Not sent yet, or to be sent again.' })
  pending!: number;

  @Field(() => Int, { description: 'Taken by the gateway.' })
  accepted!: number;

  @Field(() => Int, { description: 'Refused by the gateway.' })
  failed!: number;

  @Field(() => Int, { description: 'Never sent.' })
  skipped!: number;

  @Field(() => Int, { description: 'Out of time.' })
  expired!: number;
}

@ObjectType('DeliveryReason', { description: 'Why how many deliveries are not accepted.' })
export class DeliveryReasonType {
  @Field(() => DeliveryStateEnum, { description: 'The state of these deliveries.' })
  state!: string;

  @Field(() => String, { description: "The gateway's reason, or ours." })
  reason!: string;

  @Field(() => Int, { description: 'How many deliveries.' })
  count!: number;
}

/** Joins what the entity keeps in two places to the one message that readers see. */
export function messageView({ content, personal }: Message): MessageType {
  return { ...content, personal };
}
