import { Field, ID, InputType } from '@nestjs/graphql';
import { NumericIds } from '../../http/numeric-id';

const name = 'What operators call it; 1 to 200 characters.';
const scopes = 'What it may do, e.g. messages:send; nothing that you may not do.';

/** What a new client and a new service account have in common. */
@InputType({ isAbstract: true })
export abstract class NewMachineInput {
  @Field(() => String, { description: name })
  name!: string;

  @Field(() => [String], { description: scopes })
  scopes!: string[];

  @Field(() => [ID], {
    nullable: true,
    description: 'The only applications that it may touch; all when absent.',
  })
  @NumericIds()
  applicationIds?: number[];
}

/** What may be changed of a client as of a service account. */
@InputType({ isAbstract: true })
export abstract class MachineChangesInput {
  @Field(() => String, { nullable: true, description: name })
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
}
