import type { Gateway } from '@app/core';
import { Field, ID, Int, ObjectType } from '@nestjs/graphql';
import { GatewayEnum } from '../kit/enums';
import { DateTime } from '../kit/scalars';

@ObjectType('Lane', {
  description: "One application's way to one gateway, once it sent something.",
})
export class LaneType {
  @Field(() => GatewayEnum, { description: 'The gateway.' })
  gateway!: Gateway;

  @Field(() => Int, { description: 'Its pace in messages per second; 0 is unlimited.' })
  perSecond!: number;
}

@ObjectType('LaneFault', {
  description:
    'What fails by a fault of the server. Messages wait, and are tried again by themselves; it is gone with the next success.',
})
export class LaneFaultType {
  @Field(() => DateTime, { description: 'When it failed last.' })
  at!: Date;

  @Field(() => String, { description: 'The text of the error, for operators.' })
  reason!: string;
}

@ObjectType('Breaker', {
  description:
    'Nothing is sent because the gateway finds fault with our credentials or configuration. Messages wait; new credentials, or a probe that goes well, close it.',
})
export class BreakerType {
  @Field(() => DateTime, { description: 'Since when.' })
  since!: Date;

  @Field(() => String, { description: "The gateway's reason." })
  reason!: string;

  @Field(() => ID, {
    nullable: true,
    description: 'The delivery whose answer opened it; null where that is not known.',
  })
  deliveryId!: string | null;

  @Field(() => ID, {
    nullable: true,
    description: 'The device of that delivery; it need not be at fault.',
  })
  deviceId!: string | null;
}

@ObjectType('LaneDoubt', {
  description:
    'What the gateway answered within the last ten minutes. When it refuses ten users or more in a way that a wrong environment, topic or project would explain, and more than it accepts, the breaker opens.',
})
export class LaneDoubtType {
  @Field(() => Int, { description: 'Users who were refused so; about, when there are many.' })
  doubtfulUsers!: number;

  @Field(() => Int, { description: 'Devices that it accepted; about, when there are many.' })
  acceptedDevices!: number;
}
