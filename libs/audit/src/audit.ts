import {
  type Actor,
  type ActorKind,
  Clock,
  Config,
  outside,
  type Page,
  type PageRequest,
  readPage,
} from '@app/core';
import { Injectable, Logger } from '@nestjs/common';
import { DataSource, type EntityManager, LessThan } from 'typeorm';
import { AuditEvent } from './audit-event.entity';
import { eventColumns, insertAuditEvents } from './insert-audit-events';

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

const dayMs = 86_400_000;

/** The number of events that one statement removes, so that none takes long. */
const batchSize = 5_000;

/** Removes the oldest events, which have the lowest ids: only the last batch reads events that stay. */
const forgetBatch = `
  DELETE FROM audit_events WHERE id IN (
    SELECT id FROM (SELECT id, at FROM audit_events ORDER BY id LIMIT $2) AS oldest WHERE at < $1)`;

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

  constructor(
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
    private readonly config: Config,
  ) {}

  /** @param manager of the transaction that makes the change, so that both are stored or neither */
  async record(actor: Actor, input: AuditInput, manager: EntityManager): Promise<void> {
    await this.insert(actor, input, manager);
  }

  /**
   * Records a change that comes in parts, each in a transaction of its own, as one event whose `after` grows.
   * @param eventId the event of the parts before
   * @returns the event's id for the next part
   */
  async recordPart(
    { kind, id, address }: Actor,
    { action, target, applicationId, after }: AuditInput,
    eventId: string | undefined,
    manager: EntityManager,
  ): Promise<string> {
    const state = JSON.stringify(after ?? null);
    if (eventId !== undefined) {
      await manager.query('UPDATE audit_events SET after = $2 WHERE id = $1', [eventId, state]);
      return eventId;
    }
    const [row] = await manager.query<[{ id: string }]>(
      `${insertAuditEvents} VALUES ($1, $2, $3, $4, $5, $6, NULL, $7) RETURNING id`,
      [kind, id, address ?? null, action, target, applicationId ?? null, state],
    );
    return row.id;
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

  /** Removes events older than the retention, on a schedule; processes may do it at once. @returns how many events */
  async forgetOld(): Promise<number> {
    const { auditRetentionDays } = this.config;
    if (auditRetentionDays === 0) return 0;
    const before = new Date(this.clock.now().getTime() - auditRetentionDays * dayMs);
    for (let forgotten = 0; ;) {
      const [, count] = await this.dataSource.query<[unknown, number]>(forgetBatch, [
        before,
        batchSize,
      ]);
      forgotten += count;
      if (count < batchSize) return forgotten;
    }
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
