import { type JobQueue, preparedQuery, Queues } from '@app/core';
import type { MessageContent } from '@app/push';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { contentColumn } from '../messages/content-column';
import { type ClaimedChunk, claimFor, Claims } from './claims';
import { dueBacklogs, isOfRunning } from './due.statements';
import { type BacklogRef, LaneWakeups } from './lane-wakeups';

/** Wakes workers for notifications: these never wait behind a campaign. */
export const backlogQueue: JobQueue<BacklogRef> = { name: 'transactional' };

/** A delivery of a notification that is due, with what is known of its device. */
export interface ClaimedDelivery {
  readonly chunk: ClaimedChunk;
  readonly messageId: string;
  readonly seq: number;
  readonly deviceId: string;
  readonly attempts: number;
  readonly reason: string | null;
  readonly token: string | null;
  readonly retired: boolean;
  readonly readAt: Date;
}

/** A chunk of a notification, with what it says and its deliveries that are due. */
export interface ClaimedNotification {
  readonly chunk: ClaimedChunk;
  readonly message: {
    readonly content: MessageContent;
    readonly launchedAt: Date | null;
    readonly createdAt: Date;
  };
  readonly deliveries: readonly ClaimedDelivery[];
}

/** Decides who sends which notifications, and wakes workers for them: by lane, many at once. */
@Injectable()
export class Backlog {
  private readonly wakeups: LaneWakeups;

  constructor(
    private readonly dataSource: DataSource,
    private readonly claims: Claims,
    queues: Queues,
  ) {
    this.wakeups = new LaneWakeups(queues, backlogQueue);
  }

  /** Wakes workers for lanes right away; `wakeDue` would do so up to a second later. */
  async wake(lanes: readonly BacklogRef[]): Promise<void> {
    await this.wakeups.wake(lanes);
  }

  /** Wakes workers for every lane with notifications that are due, once for each that is not being looked at. */
  async wakeDue(): Promise<void> {
    const lanes = await this.dataSource.query<BacklogRef[]>(dueBacklogs);
    await this.wakeups.wakeIdle(lanes);
  }

  /** Takes the oldest notifications of a lane that are due for one pass: none that another pass has. */
  async claim(
    { applicationId, gateway }: BacklogRef,
    atMost: number,
  ): Promise<ClaimedNotification[]> {
    const askedAtMs = performance.now();
    const rows = await preparedQuery<ClaimedRow>(
      this.dataSource.manager,
      claimNotificationsStatement,
      [applicationId, gateway, atMost],
    );
    const claimed = new Map<
      string,
      ClaimedNotification & { readonly deliveries: ClaimedDelivery[] }
    >();
    for (const row of rows) {
      let notification = claimed.get(row.owner);
      if (notification === undefined) {
        const { messageId, number, owner, firstSeq, size, inDoubt, faulted } = row;
        const chunk = {
          messageId,
          gateway,
          number,
          applicationId,
          owner,
          firstSeq,
          size,
          inDoubt,
          faulted,
        };
        const { launchedAt, createdAt } = row;
        const content = contentColumn.from(row.content) as MessageContent;
        notification = { chunk, message: { content, launchedAt, createdAt }, deliveries: [] };
        claimed.set(owner, notification);
        this.claims.hold(chunk, askedAtMs);
      }
      const { messageId, seq, deviceId, attempts, reason, token, retired, readAt } = row;
      if (seq === null) continue;
      const { chunk, deliveries } = notification;
      deliveries.push({
        chunk,
        messageId,
        seq,
        deviceId,
        attempts,
        reason,
        token,
        retired,
        readAt,
      });
    }
    return [...claimed.values()];
  }
}

/** A delivery with its chunk and message; a chunk without one that is due has one row, with nulls for it. */
interface ClaimedRow {
  readonly messageId: string;
  readonly number: number;
  readonly owner: string;
  readonly firstSeq: number;
  readonly size: number;
  readonly inDoubt: boolean;
  readonly faulted: boolean;
  readonly content: unknown;
  readonly launchedAt: Date | null;
  readonly createdAt: Date;
  readonly seq: number | null;
  readonly deviceId: string;
  readonly attempts: number;
  readonly reason: string | null;
  readonly token: string | null;
  readonly retired: boolean;
  readonly readAt: Date;
}

/**
 * Takes chunks of notifications of lane $1, $2, $3 at most, and reads their deliveries. Each claim has an owner of its
 * own, for each chunk is given back by itself.
 */
export const claimNotificationsStatement = `
  WITH due AS (
    SELECT message_id, number FROM chunks
    WHERE application_id = $1 AND gateway = $2 AND priority = 'transactional'
      AND state <> 'finished' AND wake_at <= now() AND ${isOfRunning}
    ORDER BY wake_at LIMIT $3 FOR UPDATE SKIP LOCKED
  ), claimed AS (
    UPDATE chunks SET state = 'working', owner = gen_random_uuid(), passes = passes + 1, wake_at = now() + ${claimFor},
      in_doubt = in_doubt OR state = 'working'
    FROM due WHERE chunks.message_id = due.message_id AND chunks.gateway = $2 AND chunks.number = due.number
    RETURNING chunks.message_id, chunks.number, owner, first_seq, size, in_doubt
  )
  SELECT claimed.message_id AS "messageId", number, owner, first_seq AS "firstSeq", size, claimed.in_doubt AS "inDoubt",
    EXISTS (SELECT FROM faults WHERE faults.message_id = claimed.message_id AND job = $2::text || ' ' || number) AS faulted,
    content, launched_at AS "launchedAt", created_at AS "createdAt",
    seq, device_id AS "deviceId", attempts, reason, token, retired, now() AS "readAt"
  FROM claimed JOIN messages ON id = claimed.message_id
    LEFT JOIN LATERAL (
      SELECT seq, device_id, attempts, reason, token, retired_at IS NOT NULL AS retired
      FROM deliveries LEFT JOIN devices ON devices.id = device_id
      WHERE deliveries.message_id = claimed.message_id AND deliveries.gateway = $2 AND seq >= first_seq
        AND seq < first_seq + size AND state = 'pending' AND (retry_at IS NULL OR retry_at <= now())
      ORDER BY seq) AS delivery ON true`;
