import { Audit, oddityOf } from '@app/audit';
import type { Actor } from '@app/core';
import { Args, Query, Resolver } from '@nestjs/graphql';
import { Allow } from '../../access/allow';
import { CurrentActor } from '../../access/current-actor';
import { connect, PageArgs } from '../kit/connection';
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
  ): Promise<AuditEventConnection> {
    const events = await this.audit.list(actor, filter, auditEventCursor.requestOf(page));
    const shown = connect(events, auditEventCursor);
    const unreadable = events.items.flatMap((event) => {
      const problem = oddityOf(event);
      return problem === undefined ? [] : [{ id: event.id, problem }];
    });
    const odd = new Set(unreadable.map(({ id }) => id));
    // The page ends where its last event is, readable or not, so that the next one goes on behind it.
    return { ...shown, edges: shown.edges.filter(({ node }) => !odd.has(node.id)), unreadable };
  }
}
