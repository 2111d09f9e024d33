import { paceOf } from '../lanes/lane.statements';

/** The chunks that one call queues at most, of one lane or of all. */
export const queuedAtOnce = 1_000;

const limitOf = (lane: string) =>
  `SELECT per_second FROM lane_limits WHERE application_id = ${lane}.application_id AND gateway = ${lane}.gateway`;

/**
 * Says how many more chunks of a lane and priority may be queued: a slow lane must not fill the queue or the workers.
 * @param lane the name of a row with `application_id`, `gateway` and `priority`
 */
const roomOf = (lane: string) => `
  CASE ${lane}.priority WHEN 'transactional' THEN ${queuedAtOnce} ELSE (
    SELECT greatest(0, CASE WHEN pace = 0 THEN 32 ELSE least(32, 2 + pace / 1000) END - (
      SELECT count(*) FROM chunks
      WHERE application_id = ${lane}.application_id AND gateway = ${lane}.gateway AND priority = 'campaign'
        AND state IN ('queued', 'working') AND wake_at > now()))
    FROM (SELECT ${paceOf(`${lane}.gateway`, `(${limitOf(lane)})`)} AS pace) AS own) END`;

/** The chunks of messages $1 that are due and have room. */
export const dueOfMessages = `
  SELECT * FROM (
    SELECT message_id, chunks.gateway, number, chunks.application_id, chunks.priority,
      row_number() OVER (PARTITION BY chunks.application_id, chunks.gateway, chunks.priority ORDER BY wake_at, number) AS place
    FROM chunks JOIN messages ON messages.id = message_id
    WHERE message_id = ANY ($1::uuid[]) AND chunks.state <> 'finished' AND wake_at <= now() AND messages.state = 'running'
  ) AS one WHERE place <= ${roomOf('one')}`;

/** As many chunks of each lane as have room. The index leads from lane to lane, and to the first ones of each. */
export const dueOfAll = `
  WITH RECURSIVE lane AS (
    (SELECT application_id, gateway, priority FROM chunks WHERE state <> 'finished' ORDER BY 1, 2, 3 LIMIT 1)
    UNION ALL
    SELECT next.* FROM lane CROSS JOIN LATERAL (
      SELECT application_id, gateway, priority FROM chunks
      WHERE state <> 'finished' AND (application_id, gateway, priority) > (lane.application_id, lane.gateway, lane.priority)
      ORDER BY 1, 2, 3 LIMIT 1) AS next
  )
  SELECT one.* FROM lane CROSS JOIN LATERAL (
    SELECT message_id, chunks.gateway, number, row_number() OVER (ORDER BY wake_at, number) AS place
    FROM chunks JOIN messages ON messages.id = message_id
    WHERE chunks.application_id = lane.application_id AND chunks.gateway = lane.gateway AND chunks.priority = lane.priority
      AND chunks.state <> 'finished' AND wake_at <= now() AND messages.state = 'running'
    ORDER BY wake_at, number LIMIT ${roomOf('lane')}) AS one`;
