import { Field, ID, ObjectType } from '@nestjs/graphql';
import { countedConnectionOf } from '../graphql/connection';
import { DateTime } from '../graphql/scalars';

@ObjectType('User', { description: 'A person, whom an app has signed in.' })
export class UserType {
  @Field(() => ID, { description: "The customer's own id." })
  id!: string;

  @Field(() => DateTime, { description: 'When the user became known here.' })
  createdAt!: Date;
}

export const UserConnection = countedConnectionOf(UserType, 'User');
