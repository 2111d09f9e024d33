import type { ActorKind, Permission } from '@app/core';
import { Field, ID, ObjectType } from '@nestjs/graphql';
import { ActorKindEnum } from '../kit/enums';

@ObjectType('Viewer', { description: 'Who asks.' })
export class ViewerType {
  @Field(() => ActorKindEnum, { description: 'What kind of caller it is.' })
  kind!: ActorKind;

  @Field(() => String, {
    description: "The operator's, client's, account's or API key's id, or the userId.",
  })
  id!: string;

  @Field(() => [String], { description: 'What the caller may do, e.g. messages:send; sorted.' })
  permissions!: Permission[];

  @Field(() => [ID], {
    nullable: true,
    description: 'The only applications that the caller may touch; null stands for all.',
  })
  applicationIds!: number[] | null;
}
