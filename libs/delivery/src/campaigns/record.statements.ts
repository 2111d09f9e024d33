import { settleDeliveries } from '../sending/settle.statement';

/**
 * Ends a statement that stores results of chunk $1, $2, $3: they are counted on it, and a device that accepted a
 * delivery is no longer suspect. The statement begins with `changed`, a query of the `(state, device_id)` of what changed.
 */
const countChanged = `
  acquitted AS (
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

/**
 * Chooses the pending deliveries of the chunk: only these change, and the chunk counts just what changed, so that the same
 * result twice, or from two workers, counts once. $4 and $5 are the bounds of the results: with them a statement reads a
 * thousand rows and not a million, however wrong the planner's statistics of a table are that grew by a million rows a
 * second ago.
 */
const isPendingInChunk = `
      deliveries.message_id = $1 AND deliveries.gateway = $2
      AND deliveries.seq >= $4 AND deliveries.seq < $5 AND deliveries.state = 'pending'`;

/** Stores that deliveries of chunk $1, $2, $3 were accepted under our own ids: those whose seq is in the multirange $6. */
export const acceptStatement = `
  WITH changed AS (
    UPDATE deliveries SET state = 'accepted', reason = NULL, gateway_id = NULL, retry_at = NULL, finished_at = now()
    WHERE ${isPendingInChunk} AND seq <@ $6::int4multirange
    RETURNING state, device_id
  ), ${countChanged}`;

/** Stores that deliveries of chunk $1, $2, $3 were accepted under the gateway's names: the seqs $6, and a name a line in $7. */
export const acceptNamedStatement = `
  WITH changed AS (
    UPDATE deliveries SET state = 'accepted', reason = NULL, gateway_id = result.name, retry_at = NULL, finished_at = now()
    FROM unnest($6::int[], string_to_array($7, E'\\n')) AS result (seq, name)
    WHERE ${isPendingInChunk} AND deliveries.seq = result.seq
    RETURNING state, device_id
  ), ${countChanged}`;

/** Stores results of chunk $1, $2, $3 one by one. */
export const recordStatement = `
  WITH changed AS (
    ${settleDeliveries}
    FROM unnest($6::int[], $7::delivery_state[], $8::text[], $9::text[], $10::float8[], $11::boolean[])
      AS result (seq, state, reason, gateway_id, retry_in_ms, may_be_shown)
    WHERE ${isPendingInChunk} AND deliveries.seq = result.seq
    RETURNING deliveries.state, device_id
  ), ${countChanged}`;
