import { Field, ID, ObjectType } from '@nestjs/graphql';
import { countedConnectionOf } from '../kit/connection';
import { DateTime } from '../kit/scalars';

@ObjectType('User', { description: 'A person, whom an app has signed in.' })
export class UserType {
  @Field(() => ID, { description: "The customer's own id." })
  id!: string;

  @Field(() => DateTime, {
    description: 'When the user became known, in the applications that the caller reaches.',
  })
  createdAt!: Date;
}

export const UserConnection = countedConnectionOf(UserType, 'User');
