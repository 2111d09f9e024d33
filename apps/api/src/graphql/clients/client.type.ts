import { Field, ID, Int, ObjectType } from '@nestjs/graphql';
import { connectionOf } from '../kit/connection';
import { DateTime } from '../kit/scalars';
import { MachineType } from '../machines/machine.type';

@ObjectType('Client', {
  description: 'A machine that gets access tokens for assertions which it signs (OAuth 2.0).',
})
export class ClientType extends MachineType {
  @Field(() => ID, { description: 'The client id: iss and sub of its assertions.' })
  id!: string;

  @Field(() => Boolean, { description: 'Whether it gets tokens, and those that it has are taken.' })
  enabled!: boolean;

  @Field(() => Boolean, {
    description: 'Whether its assertions need a jti, so that each works once only.',
  })
  requireJti!: boolean;

  @Field(() => Int, { description: 'How long its assertions may live, in seconds.' })
  maxAssertionSeconds!: number;

  @Field(() => DateTime, { nullable: true, description: 'When it got a token last.' })
  lastLoginAt!: Date | null;
}

export const ClientConnection = connectionOf(ClientType, 'Client');
