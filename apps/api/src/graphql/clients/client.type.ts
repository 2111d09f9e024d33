import type { Permission } from '@app/core';
import { Field, ID, Int, ObjectType } from '@nestjs/graphql';
import { connectionOf } from '../kit/connection';
import { DateTime } from '../kit/scalars';

@ObjectType('Client', {
  description: 'A machine that gets access tokens for assertions which it signs (OAuth 2.0).',
})
export class ClientType {
  @Field(() => ID, { description: 'The client id: iss and sub of its assertions.' })
  id!: string;

  @Field(() => String, { description: 'What operators call it.' })
  name!: string;

  @Field(() => [String], { description: 'What it may do, e.g. messages:send.' })
  scopes!: Permission[];

  @Field(() => [ID], {
    nullable: true,
    description: 'The only applications that it may touch; null stands for all.',
  })
  applicationIds!: number[] | null;

  @Field(() => Boolean, { description: 'Whether it gets tokens, and those that it has are taken.' })
  enabled!: boolean;

  @Field(() => Boolean, {
    description: 'Whether its assertions need a jti, so that each works once only.',
  })
  requireJti!: boolean;

  @Field(() => Int, { description: 'How long its assertions may live, in seconds.' })
  maxAssertionSeconds!: number;

  @Field(() => DateTime, { description: 'When it was created.' })
  createdAt!: Date;

  @Field(() => DateTime, { description: 'When it was changed last.' })
  updatedAt!: Date;

  @Field(() => DateTime, { nullable: true, description: 'When it got a token last.' })
  lastLoginAt!: Date | null;
}

export const ClientConnection = connectionOf(ClientType, 'Client');
