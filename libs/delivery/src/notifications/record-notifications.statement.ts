import { sqlDo, sqlMay } from '../messages/transitions';
import { outcomeChannel } from '../outcomes/outcome-signals';
import { settleDeliveries } from '../sending/settle.statement';

const isFinished =
  'chunks.accepted + chunks.failed + chunks.skipped + chunks.expired + counted.final = size';

/**
 * Stores results of notifications. Only a pending delivery changes, and its chunk counts just what changed. A chunk is
 * finished when its counts make up its size, and a message is complete when all its chunks are: one of which two workers
 * finish a part at the same moment is completed by the reconciler. A device that accepted a delivery is no longer suspect.
 *
 * States are asked in a SELECT of their own, so that messages and chunks are found by their ids: by the states, PostgreSQL
 * would look through all that are not finished for each.
 */
export const recordNotificationsStatement = `
  WITH result AS (
    SELECT * FROM unnest($1::uuid[], $2::gateway[], $3::int[], $4::int[], $5::delivery_state[], $6::text[],
        $7::text[], $8::float8[], $9::boolean[])
      AS result (message_id, gateway, number, seq, state, reason, gateway_id, retry_in_ms, may_be_shown)
  ), changed AS (
    ${settleDeliveries}
    FROM result
    WHERE deliveries.message_id = result.message_id AND deliveries.gateway = result.gateway
      AND deliveries.seq = result.seq AND deliveries.state = 'pending'
    RETURNING result.message_id, result.gateway, result.number, deliveries.state, device_id
  ), acquitted AS (
    SELECT device_id FROM changed JOIN suspects USING (device_id) WHERE changed.state = 'accepted'
    ORDER BY device_id FOR UPDATE OF suspects
  ), forgotten AS (
    DELETE FROM suspects USING acquitted WHERE suspects.device_id = acquitted.device_id
  ), counted AS (
    SELECT message_id, gateway, number, count(*) FILTER (WHERE state = 'accepted') AS accepted,
      count(*) FILTER (WHERE state = 'failed') AS failed, count(*) FILTER (WHERE state = 'skipped') AS skipped,
      count(*) FILTER (WHERE state = 'expired') AS expired, count(*) FILTER (WHERE state <> 'pending') AS final
    FROM changed GROUP BY 1, 2, 3
  ), summed AS (
    UPDATE chunks SET accepted = chunks.accepted + counted.accepted, failed = chunks.failed + counted.failed,
      skipped = chunks.skipped + counted.skipped, expired = chunks.expired + counted.expired,
      state = CASE WHEN ${isFinished} THEN 'finished' ELSE chunks.state END,
      owner = CASE WHEN ${isFinished} THEN NULL ELSE owner END
    FROM counted WHERE chunks.message_id = counted.message_id AND chunks.gateway = counted.gateway
      AND chunks.number = counted.number
    RETURNING chunks.message_id, chunks.gateway, chunks.number, chunks.state = 'finished' AS is_finished
  ), completed AS (
    ${sqlDo('complete')}
    FROM (SELECT message_id, count(*) FROM summed WHERE is_finished GROUP BY 1) AS finished
    WHERE messages.id = finished.message_id AND (SELECT ${sqlMay('complete')}) AND finished.count =
      (SELECT count(*) FROM chunks WHERE message_id = messages.id AND (SELECT chunks.state <> 'finished'))
  )
  SELECT message_id AS "messageId", gateway, number, is_finished AS "isFinished",
    pg_notify('${outcomeChannel}', message_id::text) FROM summed`;
