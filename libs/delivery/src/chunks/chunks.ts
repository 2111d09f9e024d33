import { randomUUID } from 'node:crypto';
import { type Gateway, type JobQueue, Queues, type Wakeup } from '@app/core';
import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import type { MessagePriority } from '../messages/message.entity';
import { chunkSize } from './chunk.entity';
import { dueOfAll, dueOfMessages, queuedAtOnce } from './due.statements';

/** The name of a chunk, which is all that a job carries. */
export interface ChunkRef {
  readonly messageId: string;
  readonly gateway: Gateway;
  readonly number: number;
}

/** How long a chunk need not be looked at again: some time, or until its lane may send with these credentials. */
export type Rest = { readonly ms: number } | { readonly laneWith: string };

export interface ClaimedChunk extends ChunkRef {
  /** The pass that holds the claim. */
  readonly owner: string;
  readonly priority: MessagePriority;
  /** Whether an earlier pass may have sent what is pending. */
  readonly inDoubt: boolean;
  readonly firstSeq: number;
  readonly size: number;
  /** Whether the last pass failed by a fault of ours. */
  readonly faulted: boolean;
}

/** One queue for each priority, so that a transactional message never waits behind a campaign. */
export const chunkQueues: Readonly<Record<MessagePriority, JobQueue<ChunkRef>>> = {
  transactional: { name: 'transactional' },
  campaign: { name: 'campaign' },
};

/** How long a claim stands after its worker's last sign of life; then the chunk is another's. */
const claim = "interval '10 seconds'";
/** How long a claim stands for certain after it was asked for, on a stopwatch that runs a little fast or slow. */
const heldForMs = 9_500;
const renewEveryMs = 3_000;

/** When a wake-up that nobody followed is repeated: the queue may have lost it. */
const queuedFor = "interval '15 seconds'";

/** Decides who works on which chunk, and wakes workers for the next. */
@Injectable()
export class Chunks implements OnApplicationShutdown {
  private readonly logger = new Logger(Chunks.name);
  /** The claims of this process by their owners. */
  private readonly claims = new Map<string, Claim>();
  private renewal: NodeJS.Timeout | undefined;

  constructor(
    private readonly dataSource: DataSource,
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
    const heldUntilMs = performance.now() + heldForMs;
    const [rows] = await this.dataSource.query<[ClaimedRow[], number]>(
      `UPDATE chunks SET state = 'working', owner = $4, passes = passes + 1, wake_at = now() + ${claim},
         in_doubt = in_doubt OR chunks.state = 'working'
       FROM messages
       WHERE chunks.message_id = $1 AND chunks.gateway = $2 AND chunks.number = $3 AND messages.id = $1
         AND messages.state = 'running'
         AND (chunks.state IN ('waiting', 'queued') OR chunks.state = 'working' AND chunks.wake_at <= now())
       RETURNING chunks.first_seq, chunks.size, chunks.in_doubt, chunks.priority,
         EXISTS (SELECT FROM faults WHERE message_id = $1 AND job = $2 || ' ' || $3) AS faulted`,
      [ref.messageId, ref.gateway, ref.number, owner],
    );
    const row = rows[0];
    if (row === undefined) return undefined;
    const { first_seq: firstSeq, size, priority, in_doubt: inDoubt, faulted } = row;
    const chunk = { ...ref, owner, priority, inDoubt, firstSeq, size, faulted };
    this.claims.set(owner, { chunk, heldUntilMs });
    this.renewal ??= setInterval(() => {
      void this.renew();
    }, renewEveryMs);
    return chunk;
  }

  /** Tells whether a claim still stands: another may have the chunk if we were away too long, or the database was. */
  isHeld(chunk: ClaimedChunk): boolean {
    const held = this.claims.get(chunk.owner);
    return held !== undefined && performance.now() < held.heldUntilMs;
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

  /** Forgets a claim that is over; somebody else gives the chunk back. */
  forget(chunk: ClaimedChunk): void {
    this.claims.delete(chunk.owner);
  }

  /**
   * Gives the chunk back after a pass: finished when no delivery is pending, else to be woken when the first of them
   * falls due, but not before it has rested. The lane's state is read under its lock: who closes its breaker at the same
   * time wakes this chunk, or has closed it before.
   * @returns whether it is finished
   */
  async release(chunk: ClaimedChunk, rest: Rest): Promise<boolean> {
    this.claims.delete(chunk.owner);
    const [rows] = await this.dataSource.query<[{ finished: boolean }[], number]>(
      `UPDATE chunks SET owner = NULL,
         state = CASE WHEN pending.total = 0 THEN 'finished' ELSE 'waiting' END::chunk_state,
         wake_at = greatest(pending.due_at, lane.ready_at, now() + $6 * interval '1 millisecond')
       FROM (SELECT count(*) AS total, min(coalesce(retry_at, '-infinity')) AS due_at FROM deliveries
         WHERE message_id = $1 AND gateway = $2 AND seq >= $4 AND seq < $4 + $5 AND state = 'pending') AS pending
       LEFT JOIN (SELECT greatest(paused_until, CASE WHEN open_version = $8 THEN probe_at END) AS ready_at FROM lanes
         WHERE $8::uuid IS NOT NULL AND gateway = $2
           AND application_id = (SELECT application_id FROM messages WHERE id = $1) FOR SHARE) AS lane ON true
       WHERE message_id = $1 AND gateway = $2 AND number = $3 AND owner = $7
       RETURNING chunks.state = 'finished' AS finished`,
      [
        chunk.messageId,
        chunk.gateway,
        chunk.number,
        chunk.firstSeq,
        chunk.size,
        'ms' in rest ? rest.ms : 0,
        chunk.owner,
        'laneWith' in rest ? rest.laneWith : null,
      ],
    );
    return rows[0]?.finished ?? false;
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

  onApplicationShutdown(): void {
    clearInterval(this.renewal);
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
       RETURNING chunks.message_id, chunks.gateway, chunks.number, chunks.passes, chunks.priority`,
      parameters,
    );
    for (const [priority, queue] of Object.entries(chunkQueues)) {
      await this.queues.wake(
        queue,
        queued.filter((chunk) => chunk.priority === priority).map(wakeupOf),
      );
    }
  }

  /** Renews the claims of all chunks that this process works on. */
  private async renew(): Promise<void> {
    const claims = [...this.claims.values()].map(({ chunk }) => chunk);
    if (claims.length === 0) return;
    const heldUntilMs = performance.now() + heldForMs;
    try {
      const [rows] = await this.dataSource.query<[{ owner: string }[], number]>(
        `UPDATE chunks SET wake_at = now() + ${claim}
         FROM unnest($1::uuid[], $2::uuid[], $3::gateway[], $4::int[]) AS held (owner, message_id, gateway, number)
         WHERE chunks.message_id = held.message_id AND chunks.gateway = held.gateway
           AND chunks.number = held.number AND chunks.owner = held.owner
         RETURNING chunks.owner`,
        [
          claims.map((held) => held.owner),
          claims.map((held) => held.messageId),
          claims.map((held) => held.gateway),
          claims.map((held) => held.number),
        ],
      );
      const renewed = new Set(rows.map(({ owner }) => owner));
      for (const chunk of claims) {
        const { owner } = chunk;
        if (!renewed.has(owner)) this.claims.delete(owner);
        else if (this.claims.has(owner)) this.claims.set(owner, { chunk, heldUntilMs });
      }
    } catch (error) {
      this.logger.warn(`Claims on ${claims.length} chunks not renewed: ${String(error)}`);
    }
  }
}

interface Claim {
  readonly chunk: ClaimedChunk;
  /** When the claim ends on this process's stopwatch, a little before it lapses. */
  readonly heldUntilMs: number;
}

interface ClaimedRow {
  readonly in_doubt: boolean;
  readonly first_seq: number;
  readonly size: number;
  readonly faulted: boolean;
  readonly priority: MessagePriority;
}

interface DueChunk {
  readonly message_id: string;
  readonly gateway: Gateway;
  readonly number: number;
  readonly passes: number;
  readonly priority: MessagePriority;
}

/** Names a wake-up by the pass too: the one for the next pass is no repeat of the one under way. */
function wakeupOf(chunk: DueChunk): Wakeup<ChunkRef> {
  const { message_id: messageId, gateway, number, passes } = chunk;
  return {
    id: `${messageId}-${gateway}-${number}-${passes}`,
    data: { messageId, gateway, number },
  };
}
