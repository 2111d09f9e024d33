import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { chunkSize } from './chunk.entity';
import type { ClaimedChunk } from './claims';

/** How long a chunk need not be looked at again: some time, or until its lane may send with these credentials. */
export type Rest = { readonly ms: number } | { readonly laneWith: string };

/** Cuts messages into chunks, and takes them back after a pass. */
@Injectable()
export class Chunks {
  constructor(private readonly dataSource: DataSource) {}

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
