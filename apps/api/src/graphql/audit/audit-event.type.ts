import type { ActorKind } from '@app/core';
import { Field, ID, ObjectType } from '@nestjs/graphql';
import { connectionOf } from '../kit/connection';
import { ActorKindEnum, AuditOutcomeEnum } from '../kit/enums';
import { DateTime, Json } from '../kit/scalars';

@ObjectType('AuditEvent', { description: 'One change, or one attempt to get in.' })
export class AuditEventType {
  @Field(() => ID, { description: 'A number; later events have larger ones.' })
  id!: string;

  @Field(() => DateTime, { description: 'When it happened.' })
  at!: Date;

  @Field(() => ActorKindEnum, { description: 'What kind of caller it was.' })
  actorKind!: ActorKind;

  @Field(() => String, {
    description: "The caller's id; empty of an anonymous one, the task of Carillon itself.",
  })
  actorId!: string;

  @Field(() => String, { description: '`<thing>.<verb>`, e.g. campaign.launch.' })
  action!: string;

  @Field(() => String, { description: '`<thing>:<id>`, e.g. campaign:7.' })
  target!: string;

  @Field(() => ID, { nullable: true, description: 'The application that it was about, if any.' })
  applicationId!: number | null;

  @Field(() => AuditOutcomeEnum, { description: 'Whether it was done.' })
  outcome!: 'success' | 'failure';

  @Field(() => String, { nullable: true, description: 'Why it failed.' })
  reason!: string | null;

  @Field(() => Json, { nullable: true, description: 'What was changed, as it was.' })
  before!: object | null;

  @Field(() => Json, { nullable: true, description: 'What was changed, as it is.' })
  after!: object | null;

  @Field(() => String, { nullable: true, description: 'Where the request came from.' })
  address!: string | null;
}

@ObjectType('UnreadableAuditEvent', {
  description: 'An event that holds what Carillon never writes, or what only a newer version does.',
})
class UnreadableAuditEventType {
  @Field(() => ID, { description: 'Its number.' })
  id!: string;

  @Field(() => String, { description: 'What is odd about it.' })
  problem!: string;
}

@ObjectType('AuditEventConnection', { description: 'One page of a list of audit events.' })
export class AuditEventConnection extends connectionOf(AuditEventType, 'AuditEvent') {
  @Field(() => [UnreadableAuditEventType], {
    description:
      'The events of this page that no edge can show. Together with the edges they are as many as the page holds.',
  })
  unreadable!: UnreadableAuditEventType[];
}
