import type { Platform } from '@app/core';
import { Field, InputType } from '@nestjs/graphql';
import { PlatformEnum } from '../kit/enums';

@InputType({ description: 'Where the app that runs on a device can be reached.' })
export class RegisterMyDeviceInput {
  @Field(() => PlatformEnum, { description: 'The platform.' })
  platform!: Platform;

  @Field(() => String, { description: 'What the platform gave the app as its push token.' })
  token!: string;
}
