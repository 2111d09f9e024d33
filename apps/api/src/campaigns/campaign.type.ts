import { Field, ID, Int, ObjectType } from '@nestjs/graphql';
import { connectionOf } from '../graphql/connection';
import { DeliveryStateEnum } from '../graphql/enums';
import { DateTime } from '../graphql/scalars';

@ObjectType('Campaign', { description: 'A message with an audience of users.' })
export class CampaignType {
  @Field(() => ID, { description: 'A number.' })
  id!: number;

  @Field(() => String, { description: 'What operators call it.' })
  name!: string;

  @Field(() => DateTime, { description: 'When it was created.' })
  createdAt!: Date;
}

export const CampaignConnection = connectionOf(CampaignType, 'Campaign');

@ObjectType('DeliveryReason', { description: 'Why how many deliveries are not accepted.' })
export class DeliveryReasonType {
  @Field(() => DeliveryStateEnum, { description: 'The state of these deliveries.' })
  state!: string;

  @Field(() => String, { description: "The gateway's reason, or ours." })
  reason!: string;

  @Field(() => Int, { description: 'How many deliveries.' })
  count!: number;
}
