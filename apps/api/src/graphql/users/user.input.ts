import type { UserFilter } from '@app/devices';
import { Field, ID, InputType } from '@nestjs/graphql';
import { NumericId } from '../../http/numeric-id';

@InputType({ description: 'Which users to show. What is absent does not matter.' })
export class UserFilterInput implements UserFilter {
  @Field(() => ID, {
    nullable: true,
    description: 'Those with a device or a profile in this application.',
  })
  @NumericId()
  applicationId?: number;

  @Field(() => String, { nullable: true, description: "The one of the customer's own id." })
  userId?: string;

  @Field(() => String, { nullable: true, description: 'Those whose profile has this e-mail.' })
  email?: string;
}
