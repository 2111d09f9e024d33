import type { Platform } from '@app/core';
import { Field, ID, InputType, ObjectType } from '@nestjs/graphql';
import { PlatformEnum } from '../kit/enums';
import { ItemErrorType } from '../kit/item-error.type';
import { NumericId } from '../../http/numeric-id';

@InputType({
  description:
    'A push token of a list and whose it is: a userId or an activationId, exactly one of them.',
})
class ListedDeviceInput {
  @Field(() => PlatformEnum, { description: 'The platform.' })
  platform!: Platform;

  @Field(() => String, { description: 'What the platform gave the app as its push token.' })
  token!: string;

  @Field(() => String, { nullable: true, description: 'The user who signed in on the device.' })
  userId?: string | null;

  @Field(() => String, { nullable: true, description: 'An activation that is known here.' })
  activationId?: string | null;
}

@InputType({ description: 'Devices of one application.' })
export class RegisterDevicesInput {
  @Field(() => ID, { description: 'The application.' })
  @NumericId()
  applicationId!: number;

  @Field(() => [ListedDeviceInput], {
    description:
      'From 1 to 10000. A token that comes twice is one device, with the users of both; the later platform counts.',
  })
  devices!: ListedDeviceInput[];
}

@ObjectType({ description: 'What became of one device of a list.' })
class RegistrationResult {
  @Field(() => ID, {
    nullable: true,
    description: 'The device; null when it was refused. A token that came twice gives the same.',
  })
  deviceId?: string;

  @Field(() => Boolean, {
    description: 'Whether the device was not there before, and not earlier in the list.',
  })
  isNew!: boolean;

  @Field(() => ItemErrorType, { nullable: true, description: 'Why it was refused.' })
  error?: ItemErrorType;
}

@ObjectType({ description: 'What became of a list of devices.' })
export class RegisterDevicesPayload {
  @Field(() => [RegistrationResult], { description: 'In the order of the list.' })
  results!: RegistrationResult[];
}
