import { Field, InputType, Int } from '@nestjs/graphql';
import { MachineChangesInput, NewMachineInput } from '../machines/machine.input';

const maxAssertionSeconds =
  'How long its assertions may live, from 60 s to a year; an assertion that is stolen is good for as long.';

@InputType({ description: 'A new OAuth client.' })
export class CreateClientInput extends NewMachineInput {
  @Field(() => String, {
    nullable: true,
    description: '1 to 64 letters, digits, dots, dashes or underscores; a UUID when absent.',
  })
  clientId?: string;

  @Field(() => Boolean, {
    nullable: true,
    description: 'Whether its assertions need a jti; not when absent.',
  })
  requireJti?: boolean;

  @Field(() => Int, { nullable: true, description: `${maxAssertionSeconds} 3600 when absent.` })
  maxAssertionSeconds?: number;
}

@InputType({ description: 'Changes of an OAuth client. What is absent stays as it is.' })
export class UpdateClientInput extends MachineChangesInput {
  @Field(() => Boolean, {
    nullable: true,
    description: 'Disabling ends its tokens within 5 s, and for good.',
  })
  enabled?: boolean;

  @Field(() => Boolean, { nullable: true, description: 'Whether its assertions need a jti.' })
  requireJti?: boolean;

  @Field(() => Int, { nullable: true, description: maxAssertionSeconds })
  maxAssertionSeconds?: number;
}
