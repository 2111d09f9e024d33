import { type Accusation, Accusations, type Accuser } from '@app/devices';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import type { ClaimedChunk } from './chunks';
import type { DeliveryState } from './delivery.entity';
import { outcomeChannel } from './outcome-signals';

/** What became of one delivery. `pending` with `retryInMs`: it will be tried again after that. */
export interface Result {
  readonly seq: number;
  readonly state: DeliveryState;
  readonly reason?: string | undefined;
  readonly gatewayId?: string | undefined;
  readonly retryInMs?: number | undefined;
  /** What the gateway said against the device's token. */
  readonly accusation?: { readonly accuser: Accuser; readonly word: Accusation } | undefined;
}

/** Results per statement at most. */
const batchSize = 500;

/** How long a result waits for company. */
const flushAfterMs = 200;

/** Writes results in bulk. */
@Injectable()
export class Recorder {
  constructor(
    private readonly dataSource: DataSource,
    private readonly accusations: Accusations,
  ) {}

  /** @returns the sink for one pass over one chunk */
  start(chunk: ClaimedChunk): ChunkRecorder {
    return new ChunkRecorder(this.dataSource, this.accusations, chunk);
  }
}

/** What a delivery ends as that nobody sends any more, where a pass that died may have sent it. */
export const mayHaveBeenShown = { state: 'failed', reason: 'MAY_HAVE_BEEN_SHOWN' } as const;

export class ChunkRecorder {
  private batch: Result[] = [];
  private timer: NodeJS.Timeout | undefined;
  private writing: Promise<void> = Promise.resolve();

  constructor(
    private readonly dataSource: DataSource,
    private readonly accusations: Accusations,
    private readonly chunk: ClaimedChunk,
  ) {}

  get messageId(): string {
    return this.chunk.messageId;
  }

  add(result: Result): void {
    const isUnsent = result.state === 'skipped' || result.state === 'expired';
    this.batch.push(
      isUnsent && this.chunk.inDoubt ? { seq: result.seq, ...mayHaveBeenShown } : result,
    );
    if (this.batch.length >= batchSize) this.write();
    else {
      this.timer ??= setTimeout(() => {
        this.write();
      }, flushAfterMs);
    }
  }

  /** Resolves when everything added so far is stored. @throws when it can't be: the deliveries stay pending then */
  async flush(): Promise<void> {
    this.write();
    await this.writing;
  }

  private write(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.batch.length === 0) return;
    const batch = this.batch;
    this.batch = [];
    this.writing = this.writing.then(() => this.store(batch));
    // The rejection is flush()'s to report; until then it must not count as unhandled.
    this.writing.catch(() => undefined);
  }

  /** A device and the delivery that accused it change together: who dies in between would see a retired device. */
  private async store(batch: readonly Result[]): Promise<void> {
    const heard = batch.flatMap(({ accusation }) => accusation ?? []);
    const accuser = heard.at(-1)?.accuser;
    if (accuser === undefined) {
      await this.record(this.dataSource.manager, batch);
      return;
    }
    await this.dataSource.transaction(async (manager) => {
      await this.accusations.hear(
        manager,
        accuser,
        heard.map(({ word }) => word),
      );
      await this.record(manager, batch);
    });
  }

  private async record(manager: EntityManager, batch: readonly Result[]): Promise<void> {
    const statement =
      this.chunk.priority === 'transactional' ? recordAloudStatement : recordStatement;
    await manager.query(statement, [
      this.chunk.messageId,
      this.chunk.gateway,
      this.chunk.number,
      batch.map((result) => result.seq),
      batch.map((result) => result.state),
      batch.map((result) => result.reason ?? null),
      batch.map((result) => result.gatewayId ?? null),
      batch.map((result) => result.retryInMs ?? null),
      this.chunk.firstSeq,
      this.chunk.firstSeq + this.chunk.size,
    ]);
  }
}

/**
 * Only a pending delivery changes, and the chunk counts just what changed: the same result twice, or from two workers,
 * counts once. A device that accepted a delivery is no longer suspect. The bounds $9 and $10 are the chunk's: however
 * wrong the planner's statistics of a table that grew by a million rows a second ago, it then reads a thousand rows and
 * not the million.
 */
const recordStatement = `
  WITH changed AS (
    UPDATE deliveries SET
      state = result.state, reason = result.reason, gateway_id = result.gateway_id,
      retry_at = now() + result.retry_in_ms * interval '1 millisecond',
      attempts = least(deliveries.attempts + (result.state = 'pending')::int, 32767),
      finished_at = CASE WHEN result.state <> 'pending' THEN now() END
    FROM unnest($4::int[], $5::delivery_state[], $6::text[], $7::text[], $8::float8[])
      AS result (seq, state, reason, gateway_id, retry_in_ms)
    WHERE deliveries.message_id = $1 AND deliveries.gateway = $2 AND deliveries.seq = result.seq
      AND deliveries.seq >= $9 AND deliveries.seq < $10 AND deliveries.state = 'pending'
    RETURNING result.state, device_id
  ), acquitted AS (
    SELECT device_id FROM changed JOIN suspects USING (device_id) WHERE changed.state = 'accepted'
    ORDER BY device_id FOR UPDATE OF suspects
  ), forgotten AS (
    DELETE FROM suspects USING acquitted WHERE suspects.device_id = acquitted.device_id
  ), counted AS (
    SELECT count(*) FILTER (WHERE state = 'accepted') AS accepted, count(*) FILTER (WHERE state = 'failed') AS failed,
      count(*) FILTER (WHERE state = 'skipped') AS skipped, count(*) FILTER (WHERE state = 'expired') AS expired
    FROM changed
  )
  UPDATE chunks SET accepted = chunks.accepted + counted.accepted, failed = chunks.failed + counted.failed,
    skipped = chunks.skipped + counted.skipped, expired = chunks.expired + counted.expired
  FROM counted WHERE message_id = $1 AND gateway = $2 AND number = $3`;

/** Somebody may be waiting for the results of a transactional message. */
const recordAloudStatement = `${recordStatement} RETURNING pg_notify('${outcomeChannel}', $1::uuid::text)`;
