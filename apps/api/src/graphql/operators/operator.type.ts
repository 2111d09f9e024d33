import type { Role } from '@app/auth';
import { Field, ID, ObjectType } from '@nestjs/graphql';
import { connectionOf } from '../kit/connection';
import { RoleEnum } from '../kit/enums';
import { DateTime } from '../kit/scalars';

@ObjectType('Operator', { description: 'A person who runs Carillon.' })
export class OperatorType {
  @Field(() => ID, { description: 'A UUID.' })
  id!: string;

  @Field(() => String, { description: 'What the operator logs in with, in lower case.' })
  email!: string;

  @Field(() => RoleEnum, { description: 'What the operator may do.' })
  role!: Role;

  @Field(() => Boolean, { description: 'Whether the operator may log in.' })
  enabled!: boolean;

  @Field(() => DateTime, { description: 'When the operator was created.' })
  createdAt!: Date;

  @Field(() => DateTime, { nullable: true, description: 'When the operator logged in last.' })
  lastLoginAt!: Date | null;
}

export const OperatorConnection = connectionOf(OperatorType, 'Operator');
