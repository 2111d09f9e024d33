import { setTimeout as sleep } from 'node:timers/promises';
import { Accusations } from '@app/devices';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import type { ClaimedChunk } from '../chunks/chunks';
import { mayHaveBeenShown } from '../messages/delivery.entity';
import { outcomeChannel } from '../outcomes/outcome-signals';
import type { PendingDelivery, Result, ResultRecorder } from './results';

/** The most results of one statement. */
const batchSize = 500;

/** How long a result waits for others. */
const flushAfterMs = 200;

/** The pauses before results that could not be stored are tried again. */
const retryDelaysMs = [50, 500, 2_000];

/** Writes results in bulk. */
@Injectable()
export class Recorder {
  constructor(
    private readonly dataSource: DataSource,
    private readonly accusations: Accusations,
  ) {}

  /** Starts a pass over one chunk. @returns the recorder of its results */
  start(chunk: ClaimedChunk): ChunkRecorder {
    return new ChunkRecorder(this.dataSource, this.accusations, chunk);
  }
}

const wasSent = ({ state, mayBeShown }: Result) => state === 'accepted' || mayBeShown === true;

/** Some outcomes could not be stored, so that pending deliveries may have been sent. */
export class OutcomesLostError extends Error {
  constructor(cause: unknown) {
    super(`Outcomes not stored: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
    this.name = 'OutcomesLostError';
  }
}

export class ChunkRecorder implements ResultRecorder<PendingDelivery> {
  private batch: Result[] = [];
  private timer: NodeJS.Timeout | undefined;
  private writing: Promise<void> = Promise.resolve();
  private failure: { readonly cause: unknown } | undefined;

  constructor(
    private readonly dataSource: DataSource,
    private readonly accusations: Accusations,
    private readonly chunk: ClaimedChunk,
  ) {}

  get isFailing(): boolean {
    return this.failure !== undefined;
  }

  add(result: Result): void {
    this.batch.push(result);
    if (this.isFailing) return;
    if (this.batch.length >= batchSize) this.write();
    else {
      this.timer ??= setTimeout(() => {
        this.write();
      }, flushAfterMs);
    }
  }

  /**
   * Resolves when everything added so far is stored. A session that ended, or a deadlock, costs no outcome: it is tried
   * again, and again a little later.
   * @throws OutcomesLostError when it can't be stored: the deliveries stay pending then
   */
  async flush(): Promise<void> {
    this.write();
    await this.writing;
    for (const delayMs of retryDelaysMs) {
      if (this.failure === undefined) return;
      await sleep(delayMs);
      this.failure = undefined;
      this.write();
      await this.writing;
    }
    if (this.failure === undefined) return;
    const { cause } = this.failure;
    throw this.batch.some(wasSent) ? new OutcomesLostError(cause) : cause;
  }

  private write(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.batch.length === 0) return;
    // Two passes over one chunk lock its rows in one order.
    const batch = this.batch.sort((a, b) => a.seq - b.seq);
    this.batch = [];
    this.writing = this.writing
      .then(() => this.store(batch))
      .catch((cause: unknown) => {
        this.batch.push(...batch);
        this.failure = { cause };
      });
  }

  /** Stores results. A device and the delivery that accused it change together: a crash in between would show a retired one. */
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
      batch.map((result) => result.mayBeShown ?? false),
    ]);
  }
}

/** Selects deliveries that are not sent again but may have been shown before. */
const endsInDoubt = "deliveries.in_doubt AND result.state IN ('skipped', 'expired')";

/**
 * Stores results and counts them on the chunk. Only a pending delivery changes, and the chunk counts just what changed:
 * the same result twice, or from two workers, counts once. A device that accepted a delivery is no longer suspect. The
 * bounds $9 and $10 are the chunk's: with them the statement reads a thousand rows and not a million, however wrong the
 * planner's statistics of a table are that grew by a million rows a second ago.
 */
const recordStatement = `
  WITH changed AS (
    UPDATE deliveries SET
      state = CASE WHEN ${endsInDoubt} THEN '${mayHaveBeenShown.state}' ELSE result.state END,
      reason = CASE WHEN ${endsInDoubt} THEN '${mayHaveBeenShown.reason}' ELSE result.reason END,
      gateway_id = result.gateway_id, in_doubt = deliveries.in_doubt OR result.may_be_shown,
      retry_at = now() + result.retry_in_ms * interval '1 millisecond',
      attempts = least(deliveries.attempts + (result.state = 'pending')::int, 32767),
      finished_at = CASE WHEN result.state <> 'pending' THEN now() END
    FROM unnest($4::int[], $5::delivery_state[], $6::text[], $7::text[], $8::float8[], $11::boolean[])
      AS result (seq, state, reason, gateway_id, retry_in_ms, may_be_shown)
    WHERE deliveries.message_id = $1 AND deliveries.gateway = $2 AND deliveries.seq = result.seq
      AND deliveries.seq >= $9 AND deliveries.seq < $10 AND deliveries.state = 'pending'
    RETURNING deliveries.state, device_id
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

/** Stores results as `recordStatement` does, and tells whoever waits for those of a transactional message. */
const recordAloudStatement = `${recordStatement} RETURNING pg_notify('${outcomeChannel}', $1::uuid::text)`;
