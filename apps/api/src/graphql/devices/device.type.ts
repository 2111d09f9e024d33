import type { Platform } from '@app/core';
import type { ActivationStatus } from '@app/devices';
import { Field, ID, ObjectType } from '@nestjs/graphql';
import { countedConnectionOf } from '../kit/connection';
import { ActivationStatusEnum, PlatformEnum } from '../kit/enums';
import { DateTime } from '../kit/scalars';

@ObjectType('Device', {
  description: 'One installation: a push token of one application on one platform.',
})
export class DeviceType {
  @Field(() => ID, { description: 'A number.' })
  id!: string;

  @Field(() => PlatformEnum, { description: 'Its platform, which decides the gateway.' })
  platform!: Platform;

  @Field(() => String, { description: 'Its push token; hexadecimal for APNs.' })
  token!: string;

  @Field(() => DateTime, { description: 'When it registered last.' })
  registeredAt!: Date;

  @Field(() => DateTime, {
    nullable: true,
    description: 'Since when its token is known to be dead; null while it gets messages.',
  })
  retiredAt!: Date | null;

  @Field(() => String, { nullable: true, description: "The gateway's reason for that." })
  retiredReason!: string | null;
}

@ObjectType('Suspicion', {
  description:
    'The gateway refused the device in a way that does not prove its token dead. It still gets messages. It is retired when the gateway says so again, an hour later or more, while it accepts others.',
})
export class SuspicionType {
  @Field(() => DateTime, { description: 'When that was first said.' })
  since!: Date;

  @Field(() => String, { description: "The gateway's reason." })
  reason!: string;
}

@ObjectType('Activation', {
  description: "PowerAuth's pairing of a user and a device; a device may carry several.",
})
export class ActivationType {
  @Field(() => ID, {
    description: 'The activation id; for a user without one, made of device and user.',
  })
  id!: string;

  @Field(() => String, { description: "The user, by the customer's own id." })
  userId!: string;

  @Field(() => ActivationStatusEnum, { description: 'How far the pairing is.' })
  status!: ActivationStatus;

  @Field(() => DateTime, { description: 'When it became known here.' })
  createdAt!: Date;

  @Field(() => DateTime, { description: 'When its user, status or device changed last.' })
  updatedAt!: Date;
}

export const DeviceConnection = countedConnectionOf(DeviceType, 'Device');
