import { randomUUID } from 'node:crypto';
import { type Gateway, type JobQueue, Queues, type Wakeup } from '@app/core';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { chunkSize } from './chunk.entity';
import { type ChunkRef, type ClaimedChunk, claimFor, Claims } from './claims';
import { dueOfAll, dueOfMessages, queuedAtOnce } from './due.statements';

/** How long a chunk need not be looked at again: some time, or until its lane may send with these credentials. */
export type Rest = { readonly ms: number } | { readonly laneWith: string };

/** Wakes workers for chunks of campaigns. */
export const campaignQueue: JobQueue<ChunkRef> = { name: 'campaign' };

/** When a wake-up that nobody followed is repeated: the queue may have lost it. */
const queuedFor = "interval '15 seconds'";

/** Decides who works on which chunk, and wakes workers for the next. */
@Injectable()
export class Chunks {
  constructor(
    private readonly dataSource: DataSource,
    private readonly claims: Claims,
    private readonly queues: Queues,
  ) {}

  /** Cuts the newly planned deliveries of a message into chunks. @returns how many deliveries these have */
  async cut(manager: EntityManager, messageId: string): Promise<number> {
    const [{ total }] = await manager.query<[{ total: number }]>(
      `WITH cut AS (
         INSERT INTO chunks (message_id, gateway, number, application_id, priority, first_seq, size, skipped, state)
         SELECT id, gateway, number, application_id, priority, first_seq, size, skipped, chunk.state
         FROM (SELECT gateway, seq / $2 AS number, min(seq) AS first_seq, count(*) AS size,
             count(*) FILTER (WHERE state = 'skipped') AS skipped,
             CASE WHEN bool_or(state = 'pending') THEN 'waiting' ELSE 'finished' END::chunk_state AS state
           FROM deliveries WHERE message_id = $1 GROUP BY 1, 2) AS chunk
         JOIN messages ON id = $1
         ON CONFLICT DO NOTHING RETURNING size)
       SELECT coalesce(sum(size), 0)::int AS total FROM cut`,
      [messageId, chunkSize],
    );
    return total;
  }

  /**
   * Takes a chunk for one pass.
   * @returns nothing when another pass has it, it is finished, or its message does not run
   */
  async claim(ref: ChunkRef): Promise<ClaimedChunk | undefined> {
    const owner = randomUUID();
    const askedAtMs = performance.now();
    const [rows] = await this.dataSource.query<[ClaimedRow[], number]>(
      `UPDATE chunks SET state = 'working', owner = $4, passes = passes + 1, wake_at = now() + ${claimFor},
         in_doubt = in_doubt OR chunks.state = 'working'
       FROM messages
       WHERE chunks.message_id = $1 AND chunks.gateway = $2 AND chunks.number = $3 AND messages.id = $1
         AND messages.state = 'running'
         AND (chunks.state IN ('waiting', 'queued') OR chunks.state = 'working' AND chunks.wake_at <= now())
       RETURNING chunks.application_id, chunks.first_seq, chunks.size, chunks.in_doubt,
         EXISTS (SELECT FROM faults WHERE message_id = $1 AND job = $2 || ' ' || $3) AS faulted`,
      [ref.messageId, ref.gateway, ref.number, owner],
    );
    const row = rows[0];
    if (row === undefined) return undefined;
    const { application_id: applicationId, first_seq: firstSeq, size, faulted } = row;
    const chunk = { ...ref, applicationId, owner, firstSeq, size, faulted, inDoubt: row.in_doubt };
    this.claims.hold(chunk, askedAtMs);
    return chunk;
  }

  /** Moves a chunk's doubt to the deliveries that its last pass may have sent: those that were due. */
  async placeDoubt(chunk: ClaimedChunk): Promise<void> {
    await this.dataSource.query(
      `WITH doubted AS (
         UPDATE deliveries SET in_doubt = true
         WHERE message_id = $1 AND gateway = $2 AND seq >= $4 AND seq < $5 AND state = 'pending'
           AND (retry_at IS NULL OR retry_at <= now()) AND NOT in_doubt
       )
       UPDATE chunks SET in_doubt = false WHERE message_id = $1 AND gateway = $2 AND number = $3 AND owner = $6`,
      [
        chunk.messageId,
        chunk.gateway,
        chunk.number,
        chunk.firstSeq,
        chunk.firstSeq + chunk.size,
        chunk.owner,
      ],
    );
  }

  /** Gives a chunk back after a pass. @returns whether it is finished */
  async release(chunk: ClaimedChunk, rest: Rest): Promise<boolean> {
    const [finished] = await this.releaseAll([chunk], rest);
    return finished !== undefined;
  }

  /**
   * Gives chunks of one lane back after a pass: finished when no delivery is pending, else to be woken when the first of
   * them falls due, but not before it has rested. The lane's state is read under its lock: who closes its breaker at the
   * same time wakes these chunks, or has closed it before.
   * @returns those that are finished
   */
  async releaseAll(held: readonly ClaimedChunk[], rest: Rest): Promise<ClaimedChunk[]> {
    const [first] = held;
    if (first === undefined) return [];
    for (const chunk of held) this.claims.forget(chunk);
    const rows = await this.dataSource.query<{ owner: string }[]>(releaseStatement, [
      first.applicationId,
      first.gateway,
      held.map((chunk) => chunk.messageId),
      held.map((chunk) => chunk.number),
      held.map((chunk) => chunk.owner),
      held.map((chunk) => chunk.firstSeq),
      held.map((chunk) => chunk.size),
      'ms' in rest ? rest.ms : 0,
      'laneWith' in rest ? rest.laneWith : null,
    ]);
    const finished = new Set(rows.map(({ owner }) => owner));
    return held.filter(({ owner }) => finished.has(owner));
  }

  /** Wakes workers for the chunks of messages right away; `wakeDue` would do so up to a second later. */
  async wake(...messageIds: string[]): Promise<void> {
    await this.queue(dueOfMessages, [messageIds]);
  }

  /** Wakes workers for a resumed message: the wake-ups that it had may have come while it was paused. */
  async wakeAgain(messageId: string): Promise<void> {
    await this.dataSource.query(
      `UPDATE chunks SET state = 'waiting', wake_at = now() WHERE message_id = $1 AND state = 'queued'`,
      [messageId],
    );
    await this.wake(messageId);
  }

  /**
   * Wakes workers for every chunk that is due: new ones, those whose retry or pause is over, those whose worker died,
   * and those whose job the queue lost. Any number of processes may call it at once; it takes as long when many wait as
   * when few do.
   */
  async wakeDue(): Promise<void> {
    await this.queue(dueOfAll, []);
  }

  /** @param due a query of the `(message_id, gateway, number, place)` that are due and have room in their lane */
  private async queue(due: string, parameters: unknown[]): Promise<void> {
    const [queued] = await this.dataSource.query<[DueChunk[], number]>(
      `WITH due AS (${due}), chosen AS (
         SELECT message_id, gateway, number FROM due JOIN chunks USING (message_id, gateway, number)
         ORDER BY place LIMIT ${queuedAtOnce} FOR UPDATE OF chunks SKIP LOCKED
       )
       UPDATE chunks SET state = 'queued', owner = NULL, wake_at = now() + ${queuedFor},
         in_doubt = in_doubt OR state = 'working'
       FROM chosen
       WHERE chunks.message_id = chosen.message_id AND chunks.gateway = chosen.gateway
         AND chunks.number = chosen.number AND wake_at <= now() AND chunks.state <> 'finished'
       RETURNING chunks.message_id, chunks.gateway, chunks.number, chunks.passes`,
      parameters,
    );
    await this.queues.wake(campaignQueue, queued.map(wakeupOf));
  }
}

interface ClaimedRow {
  readonly application_id: number;
  readonly in_doubt: boolean;
  readonly first_seq: number;
  readonly size: number;
  readonly faulted: boolean;
}

interface DueChunk {
  readonly message_id: string;
  readonly gateway: Gateway;
  readonly number: number;
  readonly passes: number;
}

/** Names a wake-up by the pass too: the one for the next pass is no repeat of the one under way. */
function wakeupOf(chunk: DueChunk): Wakeup<ChunkRef> {
  const { message_id: messageId, gateway, number, passes } = chunk;
  return {
    id: `${messageId}-${gateway}-${number}-${passes}`,
    data: { messageId, gateway, number },
  };
}

/** Gives chunks of lane $1, $2 back. @returns the owners of those that are finished */
const releaseStatement = `
  WITH released AS (
    UPDATE chunks SET owner = NULL,
      state = CASE WHEN pending.total = 0 THEN 'finished' ELSE 'waiting' END::chunk_state,
      wake_at = greatest(pending.due_at, lane.ready_at, now() + $8::float8 * interval '1 millisecond')
    FROM unnest($3::uuid[], $4::int[], $5::uuid[], $6::int[], $7::int[])
        AS held (message_id, number, owner, first_seq, size)
      CROSS JOIN LATERAL (
        SELECT count(*) AS total, min(coalesce(retry_at, '-infinity')) AS due_at FROM deliveries
        WHERE message_id = held.message_id AND gateway = $2 AND seq >= held.first_seq
          AND seq < held.first_seq + held.size AND state = 'pending') AS pending
      LEFT JOIN (
        SELECT greatest(paused_until, CASE WHEN open_version = $9 THEN probe_at END) AS ready_at FROM lanes
        WHERE $9::uuid IS NOT NULL AND application_id = $1 AND gateway = $2 FOR SHARE) AS lane ON true
    WHERE chunks.message_id = held.message_id AND chunks.gateway = $2 AND chunks.number = held.number
      AND chunks.owner = held.owner
    RETURNING held.owner, chunks.state
  )
  SELECT owner FROM released WHERE state = 'finished'`;
