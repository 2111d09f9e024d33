import type { LoginMode } from '@app/auth';
import { Field, InputType } from '@nestjs/graphql';
import { LoginModeEnum } from '../kit/enums';
import { DateTime } from '../kit/scalars';
import { MachineChangesInput, NewMachineInput } from '../machines/machine.input';

const allowedIps = 'The only addresses, or CIDR ranges such as 10.0.0.0/8, that it may come from';

@InputType({ description: 'A new service account.' })
export class CreateServiceAccountInput extends NewMachineInput {
  @Field(() => String, {
    nullable: true,
    description: '1 to 64 letters, digits or dashes; a UUID when absent.',
  })
  accountId?: string;

  @Field(() => [String], { nullable: true, description: `${allowedIps}; any when absent.` })
  allowedIps?: string[];

  @Field(() => DateTime, { nullable: true, description: 'When it ends; never when absent.' })
  expiresAt?: Date;
}

@InputType({
  description:
    'Changes of a service account. What is absent stays as it is. Taking scopes, applications or addresses away ends its tokens.',
})
export class UpdateServiceAccountInput extends MachineChangesInput {
  @Field(() => [String], { nullable: true, description: `${allowedIps}.` })
  allowedIps?: string[];

  @Field(() => Boolean, {
    nullable: true,
    description: 'true lets it come from anywhere; instead of allowedIps.',
  })
  allAddresses?: boolean;

  @Field(() => DateTime, { nullable: true, description: 'When it ends.' })
  expiresAt?: Date;

  @Field(() => Boolean, {
    nullable: true,
    description: 'true takes its end away; instead of expiresAt.',
  })
  neverExpires?: boolean;
}

@InputType({ description: 'How a service account is to log in from now on.' })
export class SetServiceAccountLoginModeInput {
  @Field(() => LoginModeEnum, { description: 'What it has to show.' })
  mode!: LoginMode;

  @Field(() => String, {
    nullable: true,
    description:
      'Why its public key alone has to be enough; the one that was given before when absent.',
  })
  reason?: string;

  @Field(() => DateTime, {
    nullable: true,
    description:
      'Until when its public key alone is enough, at most 365 days ahead. 90 days ahead when absent with LEGACY_PUBLIC_KEY; with SIGNED, it gives a period in which both work.',
  })
  until?: Date;
}

@InputType({ description: 'Which service accounts a list holds.' })
export class ServiceAccountFilterInput {
  @Field(() => LoginModeEnum, { nullable: true, description: 'Those of this login mode.' })
  loginMode?: LoginMode;

  @Field(() => DateTime, {
    nullable: true,
    description: 'Those that their public key alone has let in since then.',
  })
  usedLegacySince?: Date;
}
