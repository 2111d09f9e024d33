import { Field, ID, InputType, Int } from '@nestjs/graphql';
import { NumericIds } from '../../http/numeric-id';

const scopes = 'What it may do, e.g. messages:send; nothing that you may not do.';
const maxAssertionSeconds =
  'How long its assertions may live, from 60 s to a year; an assertion that is stolen is good for as long.';

@InputType({ description: 'A new OAuth client.' })
export class CreateClientInput {
  @Field(() => String, {
    nullable: true,
    description: '1 to 64 letters, digits, dots, dashes or underscores; a UUID when absent.',
  })
  clientId?: string;

  @Field(() => String, { description: 'What operators call it; 1 to 200 characters.' })
  name!: string;

  @Field(() => [String], { description: scopes })
  scopes!: string[];

  @Field(() => [ID], {
    nullable: true,
    description: 'The only applications that it may touch; all when absent.',
  })
  @NumericIds()
  applicationIds?: number[];

  @Field(() => Boolean, {
    nullable: true,
    description: 'Whether its assertions need a jti; not when absent.',
  })
  requireJti?: boolean;

  @Field(() => Int, { nullable: true, description: `${maxAssertionSeconds} 3600 when absent.` })
  maxAssertionSeconds?: number;
}

@InputType({ description: 'Changes of an OAuth client. What is absent stays as it is.' })
export class UpdateClientInput {
  @Field(() => String, {
    nullable: true,
    description: 'What operators call it; 1 to 200 characters.',
  })
  name?: string;

  @Field(() => [String], { nullable: true, description: scopes })
  scopes?: string[];

  @Field(() => [ID], { nullable: true, description: 'The only applications that it may touch.' })
  @NumericIds()
  applicationIds?: number[];

  @Field(() => Boolean, {
    nullable: true,
    description: 'true lifts the limit to some applications; instead of applicationIds.',
  })
  allApplications?: boolean;

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
