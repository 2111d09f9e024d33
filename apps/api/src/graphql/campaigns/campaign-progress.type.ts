import type { MessageState } from '@app/delivery';
import { Field, Float, ObjectType } from '@nestjs/graphql';
import { MessageStateEnum } from '../kit/enums';
import { DateTime } from '../kit/scalars';
import { DeliveryCountsType } from '../messages/message.type';

@ObjectType('CampaignProgress', { description: 'How far the sending of a campaign is.' })
export class CampaignProgressType {
  @Field(() => MessageStateEnum, { description: 'How far it is.' })
  state!: MessageState;

  @Field(() => DeliveryCountsType, { description: 'How many deliveries are in each state.' })
  counts!: DeliveryCountsType;

  @Field(() => Float, {
    description: 'Deliveries that got their final state in each of the last seconds.',
  })
  perSecond!: number;

  @Field(() => DateTime, {
    nullable: true,
    description: 'When nothing will be pending at this rate; null while nothing moves.',
  })
  estimatedEndAt!: Date | null;
}
