import { paceOf } from '../lanes/lane.statements';

/** The chunks that one call queues at most, of one lane or of all. */
export const queuedAtOnce = 1_000;

const limitOf = (lane: string) =>
  `SELECT per_second FROM lane_limits WHERE application_id = ${lane}.application_id AND gateway = ${lane}.gateway`;

/**
 * Says how many more chunks of campaigns in a lane may be queued: a slow lane must not fill the queue or the workers.
 * @param lane the name of a row with `application_id` and `gateway`
 */
const roomOf = (lane: string) => `(
    SELECT greatest(0, CASE WHEN pace = 0 THEN 32 ELSE least(32, 2 + pace / 1000) END - (
      SELECT count(*) FROM chunks
      WHERE application_id = ${lane}.application_id AND gateway = ${lane}.gateway AND priority = 'campaign'
        AND state IN ('queued', 'working') AND wake_at > now()))
    FROM (SELECT ${paceOf(`${lane}.gateway`, `(${limitOf(lane)})`)} AS pace) AS own)`;

/** The chunks of messages $1 that are due and have room. */
export const dueOfMessages = `
  SELECT * FROM (
    SELECT message_id, chunks.gateway, number, chunks.application_id,
      row_number() OVER (PARTITION BY chunks.application_id, chunks.gateway ORDER BY wake_at, number) AS place
    FROM chunks JOIN messages ON messages.id = message_id
    WHERE message_id = ANY ($1::uuid[]) AND chunks.priority = 'campaign' AND chunks.state <> 'finished'
      AND wake_at <= now() AND messages.state = 'running'
  ) AS one WHERE place <= ${roomOf('one')}`;

/** Leads from lane to lane of those with unfinished chunks: as many looks into the index as there are lanes and priorities. */
const lanes = `
  WITH RECURSIVE lane AS (
    (SELECT application_id, gateway, priority FROM chunks WHERE state <> 'finished' ORDER BY 1, 2, 3 LIMIT 1)
    UNION ALL
    SELECT next.* FROM lane CROSS JOIN LATERAL (
      SELECT application_id, gateway, priority FROM chunks
      WHERE state <> 'finished' AND (application_id, gateway, priority) > (lane.application_id, lane.gateway, lane.priority)
      ORDER BY 1, 2, 3 LIMIT 1) AS next
  )`;

const isDue = `chunks.application_id = lane.application_id AND chunks.gateway = lane.gateway
      AND chunks.priority = lane.priority AND chunks.state <> 'finished' AND wake_at <= now() AND messages.state = 'running'`;

/** As many chunks of campaigns of each lane as have room. The index leads to the first ones of each. */
export const dueOfAll = `${lanes}
  SELECT one.* FROM lane CROSS JOIN LATERAL (
    SELECT message_id, chunks.gateway, number, row_number() OVER (ORDER BY wake_at, number) AS place
    FROM chunks JOIN messages ON messages.id = message_id WHERE ${isDue}
    ORDER BY wake_at, number LIMIT ${roomOf('lane')}) AS one
  WHERE lane.priority = 'campaign'`;

/** The lanes in which notifications are due. */
export const dueBacklogs = `${lanes}
  SELECT application_id AS "applicationId", gateway FROM lane
  WHERE priority = 'transactional' AND EXISTS (
    SELECT FROM chunks JOIN messages ON messages.id = message_id WHERE ${isDue})`;
