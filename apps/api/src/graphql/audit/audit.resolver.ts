import { Audit } from '@app/audit';
import type { Actor } from '@app/core';
import { Args, Query, Resolver } from '@nestjs/graphql';
import { Allow } from '../../access/allow';
import { CurrentActor } from '../../access/current-actor';
import { type Page, PageArgs, pageOf } from '../kit/connection';
import { decodeCursor, encodeCursor } from '../kit/cursor';
import { AuditEventFilterInput } from './audit-event.input';
import { AuditEventConnection, AuditEventType } from './audit-event.type';

@Resolver(() => AuditEventType)
export class AuditResolver {
  constructor(private readonly audit: Audit) {}

  @Query(() => AuditEventConnection, { description: 'Who did what, newest first.' })
  @Allow('audit:read')
  async auditEvents(
    @CurrentActor() actor: Actor,
    @Args() { first, after }: PageArgs,
    @Args('filter', { nullable: true, description: 'Which ones; all when absent.' })
    filter?: AuditEventFilterInput,
  ): Promise<Page<AuditEventType>> {
    const rows = await this.audit.list(
      actor,
      filter ?? {},
      first + 1,
      after === undefined ? undefined : decodeCursor(after, /^event:(\d{1,18})$/)[1],
    );
    return pageOf(rows, first, ({ id }) => encodeCursor(`event:${id}`));
  }
}
