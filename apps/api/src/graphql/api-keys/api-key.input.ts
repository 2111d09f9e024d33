import { Field, InputType, Int } from '@nestjs/graphql';
import { DateTime } from '../kit/scalars';
import { MachineChangesInput, NewMachineInput } from '../machines/machine.input';

const allowedIps = 'The only addresses, or CIDR ranges such as 10.0.0.0/8, that it may come from';

@InputType({ description: 'A new API key.' })
export class CreateApiKeyInput extends NewMachineInput {
  @Field(() => [String], { nullable: true, description: `${allowedIps}; any when absent.` })
  allowedIps?: string[];

  @Field(() => DateTime, { nullable: true, description: 'When it ends; never when absent.' })
  expiresAt?: Date;
}

@InputType({ description: 'Changes of an API key. What is absent stays as it is.' })
export class UpdateApiKeyInput extends MachineChangesInput {
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

@InputType({ description: 'Another secret for an API key.' })
export class RotateApiKeyInput {
  @Field(() => Int, {
    description: 'How long the secrets before stay good, from 0 to 2678400 seconds.',
  })
  keepPreviousSeconds!: number;
}

@InputType({ description: 'Which API keys a list holds.' })
export class ApiKeyFilterInput {
  @Field(() => Boolean, {
    nullable: true,
    description: 'Those that are neither revoked nor past their end, or those that are.',
  })
  active?: boolean;

  @Field(() => DateTime, { nullable: true, description: 'Those that end before then.' })
  expiresBefore?: Date;
}
