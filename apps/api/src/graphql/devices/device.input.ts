import type { ListOrder, Platform } from '@app/core';
import type { ActivationStatus, DeviceFilter, PushAddress, Registrant } from '@app/devices';
import { ArgsType, Field, ID, InputType } from '@nestjs/graphql';
import { PageArgs } from '../kit/connection';
import { ActivationStatusEnum, ListOrderEnum, PlatformEnum } from '../kit/enums';
import { InvalidInputError } from '../../http/invalid-input.error';
import { NumericId } from '../../http/numeric-id';

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

  /** @throws InvalidInputError unless exactly one of user and activation is named */
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

  @Field(() => ID, {
    nullable: true,
    description:
      'The application that it is for. Until it has a device there, only clients that reach this one may change it or give it a device; without one, only those that reach all. A client of several has to name one.',
  })
  @NumericId()
  applicationId?: number;
}

@InputType({ description: 'Which devices to show. What is absent does not matter.' })
export class DeviceFilterInput implements DeviceFilter {
  @Field(() => ID, { nullable: true, description: 'Those of this application.' })
  @NumericId()
  applicationId?: number;

  @Field(() => String, { nullable: true, description: 'Those that this user uses.' })
  userId?: string;

  @Field(() => PlatformEnum, { nullable: true, description: 'Those of this platform.' })
  platform?: Platform;

  @Field(() => Boolean, {
    nullable: true,
    description: 'Whether their token is known to be dead.',
  })
  retired?: boolean;
}

@ArgsType()
export class DevicesArgs extends PageArgs {
  @Field(() => ListOrderEnum, {
    description: 'By the time when they registered for the first time.',
  })
  orderBy: ListOrder = 'oldest';
}

/** A device, named by its id, or by where its messages go. */
@ArgsType()
export class RemoveDeviceArgs {
  @Field(() => ID, { nullable: true, description: 'Its id; then nothing else is wanted.' })
  id?: string;

  @Field(() => ID, { nullable: true, description: 'The application.' })
  @NumericId()
  applicationId?: number;

  @Field(() => PlatformEnum, { nullable: true, description: 'The platform.' })
  platform?: Platform;

  @Field(() => String, { nullable: true, description: 'The push token.' })
  token?: string;

  /** @throws InvalidInputError unless the id is given, or all of the rest */
  get which(): string | PushAddress {
    const { id, applicationId, platform, token } = this;
    const address = [applicationId, platform, token];
    if (id !== undefined && address.every((part) => part === undefined)) return id;
    if (
      id === undefined &&
      applicationId !== undefined &&
      platform !== undefined &&
      token !== undefined
    ) {
      return { applicationId, platform, token };
    }
    throw new InvalidInputError('id', 'alone is wanted, or applicationId, platform and token');
  }
}
