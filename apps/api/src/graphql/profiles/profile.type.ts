import { Field, ID, ObjectType } from '@nestjs/graphql';
import { DateTime, Json } from '../kit/scalars';

@ObjectType('Profile', { description: 'What an application knows of a user.' })
export class ProfileType {
  @Field(() => ID, { description: 'The application.' })
  applicationId!: number;

  @Field(() => String, { description: "The user, by the customer's own id." })
  userId!: string;

  @Field(() => String, {
    nullable: true,
    description: 'By which messages may be addressed; several users may have the same.',
  })
  email!: string | null;

  @Field(() => Json, { description: 'Whatever the app keeps, the e-mail included.' })
  attributes!: Readonly<Record<string, unknown>>;

  @Field(() => DateTime, { description: 'When it was changed.' })
  updatedAt!: Date;
}
