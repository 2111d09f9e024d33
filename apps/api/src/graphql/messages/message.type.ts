import { Field, Int, ObjectType } from '@nestjs/graphql';
import type { Message } from '@app/delivery';
import { DeliveryStateEnum } from '../kit/enums';
import { Json } from '../kit/scalars';
import { MessageFields } from './message-fields';

@ObjectType('Message', { description: 'What the user sees or the app is told.' })
export class MessageType extends MessageFields {
  @Field(() => Int, { nullable: true, description: 'Number on the app icon (APNs).' })
  badge?: number;

  @Field(() => String, {
    nullable: true,
    description: 'A later message with the same key replaces this one.',
  })
  collapseKey?: string;

  @Field(() => Json, { nullable: true, description: 'Custom data for the app: an object.' })
  extras?: unknown;

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
