import { Audit } from '@app/audit';
import type { Actor } from '@app/core';
import { Args, Query, Resolver } from '@nestjs/graphql';
import { Allow } from '../../access/allow';
import { CurrentActor } from '../../access/current-actor';
import { connect, type Connection, PageArgs } from '../kit/connection';
import { auditEventCursor } from '../kit/cursors';
import { AuditEventFilterInput } from './audit-event.input';
import { AuditEventConnection, AuditEventType } from './audit-event.type';

@Resolver(() => AuditEventType)
export class AuditResolver {
  constructor(private readonly audit: Audit) {}

  @Query(() => AuditEventConnection, { description: 'Who did what, newest first.' })
  @Allow('audit:read')
  async auditEvents(
    @CurrentActor() actor: Actor,
    @Args() page: PageArgs,
    @Args('filter', { nullable: true, description: 'Which ones; all when absent.' })
    filter: AuditEventFilterInput = {},
  ): Promise<Connection<AuditEventType>> {
    const events = await this.audit.list(actor, filter, auditEventCursor.requestOf(page));
    return connect(events, auditEventCursor);
  }
}
