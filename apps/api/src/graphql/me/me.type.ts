import type { Gateway, Platform } from '@app/core';
import type { DeliveryState } from '@app/delivery';
import { Field, ID, ObjectType } from '@nestjs/graphql';
import { countedConnectionOf } from '../kit/connection';
import { DeliveryStateEnum, GatewayEnum, PlatformEnum } from '../kit/enums';
import { DateTime } from '../kit/scalars';

@ObjectType('Me', {
  description: 'The user whose token came with the request, in the application of that token.',
})
export class MeType {
  @Field(() => String, { description: "The customer's own id: the token's sub." })
  userId!: string;
}

@ObjectType('MyApplication', { description: "The application of the user's token." })
export class MyApplicationType {
  @Field(() => ID, { description: 'A number.' })
  id!: number;

  @Field(() => String, { description: 'What its operators call it.' })
  name!: string;
}

@ObjectType('MyDevice', {
  description: 'A device that the user uses; others who use it are not told.',
})
export class MyDeviceType {
  @Field(() => ID, { description: 'A number.' })
  id!: string;

  @Field(() => PlatformEnum, { description: 'Its platform.' })
  platform!: Platform;

  @Field(() => String, { description: 'Its push token; hexadecimal for APNs.' })
  token!: string;

  @Field(() => DateTime, { description: 'When it registered last.' })
  registeredAt!: Date;

  @Field(() => DateTime, {
    nullable: true,
    description: 'Since when it gets no messages, until it registers again.',
  })
  retiredAt!: Date | null;
}

@ObjectType('MyNotification', { description: 'A message that was sent to the user.' })
export class MyNotificationType {
  @Field(() => ID, { description: 'A UUID.' })
  id!: string;
}

@ObjectType('MyDelivery', { description: "A message on its way to one of the user's devices." })
export class MyDeliveryType {
  @Field(() => GatewayEnum, { description: 'The gateway it goes to.' })
  gateway!: Gateway;

  @Field(() => DeliveryStateEnum, { description: 'What became of it.' })
  state!: DeliveryState;

  @Field(() => DateTime, { nullable: true, description: 'When it got its final state.' })
  finishedAt!: Date | null;

  @Field(() => ID, { description: 'The device.' })
  deviceId!: string;
}

export const MyDeviceConnection = countedConnectionOf(MyDeviceType, 'MyDevice');
export const MyNotificationConnection = countedConnectionOf(MyNotificationType, 'MyNotification');
