import {
  type Actor,
  type ActorKind,
  outside,
  type Page,
  type PageRequest,
  readPage,
} from '@app/core';
import { Injectable, Logger } from '@nestjs/common';
import { DataSource, type EntityManager, LessThan } from 'typeorm';
import { AuditEvent } from './audit-event.entity';
import { eventColumns } from './insert-audit-events';

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

/** Finds the same failure among the last 50 events of the target: a busy target must not make this slow. */
const sameFailure = `
  SELECT FROM (
    SELECT at, action, outcome, reason, address FROM audit_events WHERE target = $1 ORDER BY id DESC LIMIT 50) AS latest
  WHERE at > now() - interval '1 minute' AND outcome = 'failure'
    AND action = $2 AND reason = $3 AND address IS NOT DISTINCT FROM $4
  LIMIT 1`;

/** Records who did what. */
@Injectable()
export class Audit {
  private readonly logger = new Logger(Audit.name);

  constructor(private readonly dataSource: DataSource) {}

  /** @param manager of the transaction that makes the change, so that both are stored or neither */
  async record(actor: Actor, input: AuditInput, manager: EntityManager): Promise<void> {
    await this.insert(actor, input, manager);
  }

  /**
   * Records an attempt that was refused, in the log each time, with the address for who bans those of strangers. In the
   * trail the same again within a minute is left out, so that a stranger does not fill it.
   * @param reason is for operators, never for the caller
   */
  async recordFailure(actor: Actor, input: AuditInput, reason: string): Promise<void> {
    const { action, target } = input;
    const { address = null } = actor;
    this.logger.log(`Refused ${action} from ${address ?? 'no address'}, ${target}: ${reason}`);
    const same = [target, action, reason, address];
    // Outside of any transaction: what is refused is rolled back, and this has to stay.
    await outside(async () => {
      const [repeated] = await this.dataSource.query<object[]>(sameFailure, same);
      if (repeated !== undefined) return;
      await this.insert(actor, input, this.dataSource.manager, reason);
    });
  }

  /** Lists events, newest first. @throws ForbiddenError */
  async list(
    actor: Actor,
    filter: AuditFilter,
    page: PageRequest<Pick<AuditEvent, 'id'>>,
  ): Promise<Page<AuditEvent>> {
    actor.demand('audit:read');
    const conditions = Object.fromEntries(
      Object.entries(filter).filter(([, value]) => value !== undefined),
    );
    const { after } = page;
    return readPage(page, (take) =>
      this.dataSource.manager.find(AuditEvent, {
        where: { ...conditions, ...(after !== undefined && { id: LessThan(after.id) }) },
        order: { id: 'DESC' },
        take,
      }),
    );
  }

  /** @param failure the reason of a failure; absent where the change succeeded */
  private async insert(
    { kind, id, address }: Actor,
    { action, target, applicationId, before, after }: AuditInput,
    manager: EntityManager,
    failure?: string,
  ): Promise<void> {
    const outcome: AuditEvent['outcome'] = failure === undefined ? 'success' : 'failure';
    const json = (value: object | undefined) =>
      value === undefined ? null : JSON.stringify(value);
    await manager.query(
      `INSERT INTO audit_events (${eventColumns}, outcome, reason)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
      [
        ...[kind, id, address ?? null, action, target, applicationId ?? null],
        ...[json(before), json(after), outcome, failure ?? null],
      ],
    );
  }
}
