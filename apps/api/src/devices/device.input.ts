import type { Platform } from '@app/core';
import type { ActivationStatus, Registrant } from '@app/devices';
import { Field, ID, InputType } from '@nestjs/graphql';
import { ActivationStatusEnum, PlatformEnum } from '../graphql/enums';
import { InvalidInputError } from '../graphql/invalid-input.error';
import { NumericId } from '../graphql/numeric-id';

@InputType({
  description: 'A push token and whose it is: a userId or an activationId, one of them.',
})
export class RegisterDeviceInput {
  @Field(() => ID, { description: 'The application.' })
  @NumericId()
  applicationId!: number;

  @Field(() => PlatformEnum, { description: 'The platform.' })
  platform!: Platform;

  @Field(() => String, { description: 'What the platform gave the app as its push token.' })
  token!: string;

  @Field(() => String, { nullable: true, description: 'The user who signed in on the device.' })
  userId?: string;

  @Field(() => String, { nullable: true, description: 'An activation that is known here.' })
  activationId?: string;

  /** @throws InvalidInputError unless exactly one is named */
  get registrant(): Registrant {
    const { userId, activationId } = this;
    if (userId !== undefined && activationId === undefined) return { userId };
    if (activationId !== undefined && userId === undefined) return { activationId };
    throw new InvalidInputError('userId', 'or activationId is wanted, exactly one of them');
  }
}

@InputType({ description: 'An activation that becomes known, or changes its user or status.' })
export class RegisterActivationInput {
  @Field(() => String, { description: 'The activation id; 1 to 255 characters without spaces.' })
  activationId!: string;

  @Field(() => String, { description: "The user, by the customer's own id; 1 to 255 characters." })
  userId!: string;

  @Field(() => ActivationStatusEnum, {
    defaultValue: 'ACTIVE',
    description: 'How far the pairing is.',
  })
  status!: ActivationStatus;
}
