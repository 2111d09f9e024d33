import type { Permission } from '@app/core';
import { Field, ID, ObjectType } from '@nestjs/graphql';
import { DateTime } from '../kit/scalars';

/** What clients and service accounts have in common. */
@ObjectType({ isAbstract: true })
export abstract class MachineType {
  @Field(() => String, { description: 'What operators call it.' })
  name!: string;

  @Field(() => [String], { description: 'What it may do, e.g. messages:send.' })
  scopes!: Permission[];

  @Field(() => [ID], {
    nullable: true,
    description: 'The only applications that it may touch; null stands for all.',
  })
  applicationIds!: number[] | null;

  @Field(() => DateTime, { description: 'When it was created.' })
  createdAt!: Date;

  @Field(() => DateTime, { description: 'When it was changed last.' })
  updatedAt!: Date;
}
