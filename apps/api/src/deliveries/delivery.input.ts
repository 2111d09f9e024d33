import type { Gateway } from '@app/core';
import type { DeliveryState } from '@app/delivery';
import { Field, ID, InputType } from '@nestjs/graphql';
import { DeliveryStateEnum, GatewayEnum } from '../graphql/enums';
import { NumericId } from '../graphql/numeric-id';

@InputType({ description: 'Which deliveries: of one campaign or of one notification.' })
export class DeliveryFilterInput {
  @Field(() => ID, { nullable: true, description: 'Those of this campaign.' })
  @NumericId()
  campaignId?: number;

  @Field(() => ID, { nullable: true, description: 'Those of this notification.' })
  notificationId?: string;

  @Field(() => GatewayEnum, { nullable: true, description: 'Only those to this gateway.' })
  gateway?: Gateway;

  @Field(() => DeliveryStateEnum, { nullable: true, description: 'Only those in this state.' })
  state?: DeliveryState;
}
