import { Clock, Config, holdLock } from '@app/core';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { AuditKeys } from './audit-keys';
import { lastLinked } from './audit-linker';
import { signStatement } from './signed-statement';
import { TrailReplay } from './trail-replay';

const dayMs = 86_400_000;

/** The number of events that one statement removes, so that none takes long. */
const batchSize = 5_000;

/** Selects the last linked event before the first that is kept. */
const lastOld = `
  SELECT max(id)::text AS id FROM audit_events WHERE id <= ${lastLinked} AND id < coalesce(
    (SELECT id FROM audit_events WHERE at >= $1 AND isfinite(at) ORDER BY audit_events.id LIMIT 1), 9223372036854775807)`;

/** Forgets old events, and keeps in a signed statement how far their chains had come, so that the rest can be verified. */
@Injectable()
export class AuditRetention {
  constructor(
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
    private readonly config: Config,
    private readonly keys: AuditKeys,
  ) {}

  /**
   * Removes events older than the retention that are linked, on a schedule; processes may do it at once.
   * @returns how many events
   * @throws AuditTamperedError where they are not as they were linked: then all of them stay, as evidence
   */
  async forgetOld(): Promise<number> {
    const { auditRetentionDays } = this.config;
    if (auditRetentionDays === 0) return 0;
    const before = new Date(this.clock.now().getTime() - auditRetentionDays * dayMs);
    await this.dataSource.transaction(async (manager) => {
      await holdLock('audit trail', manager);
      await this.cut(before, manager);
    });
    for (let forgotten = 0; ;) {
      const [{ count }] = await this.dataSource.query<[{ count: number }]>(
        'SELECT forget_audit_events($1) AS count',
        [batchSize],
      );
      forgotten += count;
      if (count < batchSize) return forgotten;
    }
  }

  private async cut(before: Date, manager: EntityManager): Promise<void> {
    const [{ id: upTo }] = await manager.query<[{ id: string | null }]>(lastOld, [before]);
    if (upTo === null) return;
    const [cut] = await manager.query<object[]>('SELECT FROM audit_bases WHERE up_to >= $1', [
      upTo,
    ]);
    if (cut !== undefined) return;
    const keys = await this.keys.trusted(manager);
    const { heads, checkpoint, checkpointHash } = await TrailReplay.run(manager, keys, upTo);
    const base = {
      upTo,
      iat: Math.floor(this.clock.now().getTime() / 1000),
      before: before.toISOString(),
      ...{ checkpoint, checkpointHash, heads },
    };
    const jws = await signStatement('base', base, await this.keys.signer(manager));
    await manager.query('SELECT cut_audit_trail($1, $2)', [upTo, jws]);
  }
}
