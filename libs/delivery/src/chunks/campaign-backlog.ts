import { type JobQueue, preparedQuery, Queues } from '@app/core';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { paceOf } from '../lanes/lane.statements';
import { type ClaimedChunk, claimFor, Claims } from './claims';
import { type BacklogRef, LaneWakeups } from './lane-wakeups';

/** Wakes workers for the campaigns of a lane. */
export const campaignQueue: JobQueue<BacklogRef> = { name: 'campaign' };

/** Decides which chunks of campaigns a lane sends next, and wakes workers for them. */
@Injectable()
export class CampaignBacklog {
  private readonly wakeups: LaneWakeups;

  constructor(
    private readonly dataSource: DataSource,
    private readonly claims: Claims,
    queues: Queues,
  ) {
    this.wakeups = new LaneWakeups(queues, campaignQueue);
  }

  /** Wakes a worker for each of these lanes right away; by itself it would look up to a second later. */
  async wake(lanes: readonly BacklogRef[]): Promise<void> {
    await this.wakeups.wake(lanes);
  }

  /** Wakes workers for the lanes of a campaign. */
  async wakeFor(messageId: string): Promise<void> {
    await this.wake(
      await this.dataSource.query<BacklogRef[]>(
        `SELECT DISTINCT application_id AS "applicationId", gateway FROM chunks
         WHERE message_id = $1 AND state <> 'finished'`,
        [messageId],
      ),
    );
  }

  /**
   * Lists the lanes in which chunks of campaigns are due: new ones, those whose retry or pause is over, those whose worker
   * died. It takes as long when many wait as when few do.
   */
  async dueLanes(): Promise<BacklogRef[]> {
    return preparedQuery<BacklogRef>(this.dataSource.manager, dueLanesStatement, []);
  }

  /**
   * Takes chunks of a lane for a pass each: none that another pass has. The campaign with the fewest under way is next.
   * @returns fewer than `atMost` when no more are due, or a slow lane has enough under way
   */
  async claim(lane: BacklogRef, atMost: number): Promise<ClaimedChunk[]> {
    const { applicationId, gateway } = lane;
    const askedAtMs = performance.now();
    const claimed = await preparedQuery<ClaimedChunk>(this.dataSource.manager, claimStatement, [
      applicationId,
      gateway,
      atMost,
    ]);
    for (const chunk of claimed) this.claims.hold(chunk, askedAtMs);
    return claimed;
  }
}

/** The chunks that a claim has to choose from, for other workers may be taking some of them. */
const candidates = 64;

const isDue = `chunk.priority = 'campaign' AND chunk.state <> 'finished' AND chunk.wake_at <= now()`;

/** The lanes with due chunks of campaigns: a look into the index for each campaign that runs, and not at all that is due. */
export const dueLanesStatement = `
  SELECT DISTINCT application_id AS "applicationId", gateway
  FROM messages AS message CROSS JOIN unnest(enum_range(NULL::gateway)) AS gateway
  WHERE message.priority = 'campaign' AND message.state = 'running'
    AND (SELECT true FROM chunks AS chunk
      WHERE message_id = message.id AND chunk.gateway = gateway.gateway AND ${isDue} ORDER BY wake_at LIMIT 1)`;

const pace = paceOf(
  '$2',
  '(SELECT per_second FROM lane_limits WHERE application_id = $1 AND gateway = $2)',
);

/**
 * Takes chunks of campaigns in lane $1, $2, $3 at most. A lane with a limit has no more under way than it needs: its
 * passes only wait for permits. `turn` counts the chunks of a campaign that are under way or before this one, so that
 * campaigns take turns however many chunks each of them has.
 */
const claimStatement = `
  WITH in_hand AS (
    SELECT message_id, count(*) AS chunks FROM chunks
    WHERE application_id = $1 AND gateway = $2 AND priority = 'campaign' AND state = 'working' AND wake_at > now()
    GROUP BY message_id
  ), room AS (
    SELECT CASE WHEN pace = 0 THEN ${candidates}
      ELSE greatest(0, least(${candidates}, 2 + pace / 1000 - (SELECT coalesce(sum(chunks), 0)::bigint FROM in_hand))) END AS chunks
    FROM (SELECT ${pace} AS pace) AS own
  ), candidate AS (
    SELECT message.id, due.number, due.wake_at,
      coalesce(in_hand.chunks, 0) + row_number() OVER (PARTITION BY message.id ORDER BY due.wake_at, due.number) AS turn
    FROM messages AS message LEFT JOIN in_hand ON in_hand.message_id = message.id
      CROSS JOIN LATERAL (
        SELECT number, wake_at FROM chunks AS chunk
        WHERE chunk.message_id = message.id AND chunk.gateway = $2 AND ${isDue}
        ORDER BY wake_at, number LIMIT ${candidates}) AS due
    WHERE message.application_id = $1 AND message.priority = 'campaign' AND message.state = 'running'
    ORDER BY turn, wake_at, number LIMIT (SELECT chunks FROM room)
  ), next AS (
    SELECT chunk.message_id, chunk.number
    FROM candidate JOIN chunks AS chunk
      ON chunk.message_id = candidate.id AND chunk.gateway = $2 AND chunk.number = candidate.number
    WHERE ${isDue} ORDER BY candidate.turn, candidate.wake_at, candidate.number
    LIMIT $3::bigint
    FOR UPDATE OF chunk SKIP LOCKED
  )
  UPDATE chunks SET state = 'working', owner = gen_random_uuid(), passes = passes + 1, wake_at = now() + ${claimFor},
    in_doubt = in_doubt OR state = 'working'
  FROM next WHERE chunks.message_id = next.message_id AND chunks.gateway = $2 AND chunks.number = next.number
  RETURNING chunks.message_id AS "messageId", chunks.gateway, chunks.number, owner, application_id AS "applicationId",
    first_seq AS "firstSeq", size, in_doubt AS "inDoubt",
    EXISTS (SELECT FROM faults WHERE faults.message_id = chunks.message_id AND job = $2::text || ' ' || chunks.number) AS faulted`;
