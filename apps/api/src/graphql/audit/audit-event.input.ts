import type { AuditFilter } from '@app/audit';
import type { ActorKind } from '@app/core';
import { Field, InputType } from '@nestjs/graphql';
import { ActorKindEnum } from '../kit/enums';

@InputType({ description: 'Which events to show. What is absent does not matter.' })
export class AuditEventFilterInput implements AuditFilter {
  @Field(() => ActorKindEnum, { nullable: true, description: 'The kind of caller.' })
  actorKind?: ActorKind;

  @Field(() => String, { nullable: true, description: "The caller's id." })
  actorId?: string;

  @Field(() => String, { nullable: true, description: '`<thing>.<verb>`, e.g. campaign.launch.' })
  action?: string;

  @Field(() => String, { nullable: true, description: '`<thing>:<id>`, e.g. campaign:7.' })
  target?: string;
}
