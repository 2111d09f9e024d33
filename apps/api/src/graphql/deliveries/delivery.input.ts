import type { Gateway } from '@app/core';
import type { DeliveryFilter, DeliveryState } from '@app/delivery';
import { ArgsType, Field, ID, InputType } from '@nestjs/graphql';
import { PageArgs } from '../kit/connection';
import { DeliveryStateEnum, GatewayEnum } from '../kit/enums';
import { NumericId } from '../../http/numeric-id';

@InputType({
  description: 'Which deliveries: of one campaign, of one notification or to one device.',
})
export class DeliveryFilterInput implements DeliveryFilter {
  @Field(() => ID, { nullable: true, description: 'Those of this campaign.' })
  @NumericId()
  campaignId?: number;

  @Field(() => ID, { nullable: true, description: 'Those of this notification.' })
  notificationId?: string;

  @Field(() => ID, { nullable: true, description: 'Those to this device.' })
  deviceId?: string;

  @Field(() => GatewayEnum, { nullable: true, description: 'Only those to this gateway.' })
  gateway?: Gateway;

  @Field(() => DeliveryStateEnum, { nullable: true, description: 'Only those in this state.' })
  state?: DeliveryState;

  @Field(() => String, { nullable: true, description: 'Only those with this reason.' })
  reason?: string;
}

/** The filter and the page of the deliveries below a parent. */
@ArgsType()
export class DeliveriesArgs extends PageArgs {
  @Field(() => GatewayEnum, { nullable: true, description: 'Only those to this gateway.' })
  gateway?: Gateway;

  @Field(() => DeliveryStateEnum, { nullable: true, description: 'Only those in this state.' })
  state?: DeliveryState;

  @Field(() => String, { nullable: true, description: 'Only those with this reason.' })
  reason?: string;
}
