import type { OperatorChanges, Role } from '@app/auth';
import { Field, InputType } from '@nestjs/graphql';
import { RoleEnum } from '../kit/enums';

@InputType({ description: 'A new operator.' })
export class CreateOperatorInput {
  @Field(() => String, { description: 'An e-mail address that no other operator has.' })
  email!: string;

  @Field(() => RoleEnum, { description: 'What the operator may do.' })
  role!: Role;

  @Field(() => String, { description: 'The first password; 12 to 256 characters.' })
  password!: string;

  @Field(() => Boolean, {
    defaultValue: true,
    description: 'Whether the first login wants another password, for this one is known to two.',
  })
  passwordIsTemporary!: boolean;
}

@InputType({ description: 'What to change of an operator. What is absent stays as it is.' })
export class UpdateOperatorInput implements OperatorChanges {
  @Field(() => RoleEnum, { nullable: true, description: 'What the operator may do from now on.' })
  role?: Role;

  @Field(() => Boolean, {
    nullable: true,
    description: 'Whether the operator may log in. False also ends all sessions.',
  })
  enabled?: boolean;
}
