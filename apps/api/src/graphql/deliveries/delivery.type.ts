import type { Gateway } from '@app/core';
import type { DeliveryState } from '@app/delivery';
import { Field, Int, ObjectType } from '@nestjs/graphql';
import { countedConnectionOf, type CountedConnection } from '../kit/connection';
import { DeliveryStateEnum, GatewayEnum } from '../kit/enums';
import { DateTime } from '../kit/scalars';

@ObjectType('Delivery', { description: 'One message on its way to one device.' })
export class DeliveryType {
  @Field(() => GatewayEnum, { description: 'The gateway it goes to.' })
  gateway!: Gateway;

  @Field(() => DeliveryStateEnum, { description: 'What became of it.' })
  state!: DeliveryState;

  @Field(() => String, {
    nullable: true,
    description:
      'Why it is not accepted: the gateway’s reason, or ours. While pending, why the last attempt did not end it.',
  })
  reason!: string | null;

  @Field(() => Int, { description: 'Sends so far that got no final answer.' })
  attempts!: number;

  @Field(() => DateTime, { nullable: true, description: 'When it got its final state.' })
  finishedAt!: Date | null;

  @Field(() => String, {
    nullable: true,
    description: "FCM's own name of the message; APNs knows it under the delivery's id.",
  })
  gatewayId!: string | null;
}

export const DeliveryConnection = countedConnectionOf(DeliveryType, 'Delivery');
export type DeliveryPage = CountedConnection<DeliveryType>;
