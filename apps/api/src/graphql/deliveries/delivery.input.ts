import type { Gateway } from '@app/core';
import type { DeliveryFilter, DeliveryState } from '@app/delivery';
import { ArgsType, Field, ID, InputType, IntersectionType } from '@nestjs/graphql';
import { PageArgs } from '../kit/connection';
import { DeliveryStateEnum, GatewayEnum } from '../kit/enums';
import { NumericId } from '../../http/numeric-id';

/** The conditions by which deliveries are chosen, whatever they are of. */
@InputType({ isAbstract: true })
class DeliveryConditions {
  @Field(() => GatewayEnum, { nullable: true, description: 'Only those to this gateway.' })
  gateway?: Gateway;

  @Field(() => DeliveryStateEnum, { nullable: true, description: 'Only those in this state.' })
  state?: DeliveryState;

  @Field(() => String, { nullable: true, description: 'Only those with this reason.' })
  reason?: string;
}

@InputType({
  description: 'Which deliveries: of one campaign, of one notification or to one device.',
})
export class DeliveryFilterInput extends DeliveryConditions implements DeliveryFilter {
  @Field(() => ID, { nullable: true, description: 'Those of this campaign.' })
  @NumericId()
  campaignId?: number;

  @Field(() => ID, { nullable: true, description: 'Those of this notification.' })
  notificationId?: string;

  @Field(() => ID, { nullable: true, description: 'Those to this device.' })
  deviceId?: string;
}

/** The filter and the page of the deliveries below a parent. */
@ArgsType()
export class DeliveriesArgs extends IntersectionType(PageArgs, DeliveryConditions, ArgsType) {}
