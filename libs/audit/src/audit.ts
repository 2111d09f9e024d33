import { type Actor, type ActorKind } from '@app/core';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager, LessThan } from 'typeorm';
import { AuditEvent } from './audit-event.entity';

export interface AuditInput {
  /** `<thing>.<verb>`, e.g. `campaign.launch`. */
  readonly action: string;
  /** `<thing>:<id>`, e.g. `campaign:7`. */
  readonly target: string;
  readonly applicationId?: number | undefined;
  /** The members that changed, without secrets: of a secret say that it changed, not what it was. */
  readonly before?: object | undefined;
  readonly after?: object | undefined;
}

export interface AuditFilter {
  readonly actorKind?: ActorKind | undefined;
  readonly actorId?: string | undefined;
  readonly action?: string | undefined;
  readonly target?: string | undefined;
}

/** Who did what. */
@Injectable()
export class Audit {
  constructor(private readonly dataSource: DataSource) {}

  /** @param manager of the transaction that makes the change, so that both are stored or neither */
  async record(
    actor: Actor,
    input: AuditInput,
    manager: EntityManager = this.dataSource.manager,
  ): Promise<void> {
    await this.insert(actor, input, manager);
  }

  /** An attempt that was refused. @param reason is for operators, never for the caller */
  async recordFailure(actor: Actor, input: AuditInput, reason: string): Promise<void> {
    // Outside of any transaction: what is refused is rolled back, and this has to stay.
    await this.insert(actor, { ...input, outcome: 'failure', reason }, this.dataSource.manager);
  }

  /** Newest first. @param before the id of the last event of the page before */
  async list(
    actor: Actor,
    filter: AuditFilter,
    limit: number,
    before?: string,
  ): Promise<AuditEvent[]> {
    actor.demand('audit:read');
    const conditions = Object.fromEntries(
      Object.entries(filter).filter(([, value]) => value !== undefined),
    );
    return this.dataSource.manager.find(AuditEvent, {
      where: { ...conditions, ...(before !== undefined && { id: LessThan(before) }) },
      order: { id: 'DESC' },
      take: limit,
    });
  }

  private async insert(
    { kind, id, address }: Actor,
    input: AuditInput & Partial<Pick<AuditEvent, 'outcome' | 'reason'>>,
    manager: EntityManager,
  ): Promise<void> {
    await manager.query(
      `INSERT INTO audit_events (actor_kind, actor_id, action, target, application_id, outcome, reason, before, after, address)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
      [
        kind,
        id,
        input.action,
        input.target,
        input.applicationId ?? null,
        input.outcome ?? 'success',
        input.reason ?? null,
        input.before ?? null,
        input.after ?? null,
        address ?? null,
      ],
    );
  }
}
