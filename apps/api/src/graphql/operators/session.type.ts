import { Field, ObjectType } from '@nestjs/graphql';
import { DateTime } from '../kit/scalars';

@ObjectType('Session', { description: 'What an operator gets in with.' })
export class SessionType {
  @Field(() => String, { description: 'For the header `Authorization: Bearer <token>`.' })
  token!: string;

  @Field(() => DateTime, {
    description: 'When the token ends. Until then `renewSession` gives another one, for 12 hours.',
  })
  expiresAt!: Date;

  @Field(() => Boolean, {
    description:
      'Whether the password has to be changed first: until then, only `changePassword` and `logout` are open.',
  })
  passwordChangeRequired!: boolean;

  @Field(() => String, {
    nullable: true,
    description:
      'For the argument `deviceToken` of the next login from here, within 180 days. It lets nobody in. Only `login` gives one.',
  })
  deviceToken?: string;
}
