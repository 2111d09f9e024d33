import { reachTable } from '@app/core';
import { chunkSize } from './chunk.entity';

/**
 * The parts of a statement that store transactional messages with their deliveries and chunks. They are `running` from the
 * start, for nobody has seen them in another state, or `completed` where nothing is to be sent.
 *
 * Before them the statement has `sent (id, application_id, content, personal)` and their
 * `audience (message_id, application_id, personal, device_id, platform, active)`, as of `AudienceQuery`; behind them it has
 * `cut (message_id, gateway, number, application_id, …, state)`, the new chunks. Nothing is joined on the way: one plan
 * serves any number of messages.
 */
export const storeTransactional = `
  planned AS MATERIALIZED (
    SELECT message_id, application_id, gateway, device_id, personal AND NOT active AS skip,
      row_number() OVER (PARTITION BY message_id, gateway ORDER BY device_id) - 1 AS seq
    FROM audience JOIN ${reachTable} USING (platform)
  ), cut AS MATERIALIZED (
    SELECT message_id, gateway, seq / ${chunkSize} AS number, application_id, min(seq) AS first_seq, count(*) AS size,
      count(*) FILTER (WHERE skip) AS skipped,
      CASE WHEN bool_and(skip) THEN 'finished' ELSE 'waiting' END::chunk_state AS state
    FROM planned GROUP BY 1, 2, 3, 4
  ), message AS (
    INSERT INTO messages (id, application_id, priority, state, content, personal, launched_at, completed_at)
    SELECT id, application_id, 'transactional', CASE WHEN is_pending THEN 'running' ELSE 'completed' END::message_state,
      content, personal, now(), CASE WHEN NOT is_pending THEN now() END
    FROM (SELECT *, id IN (SELECT message_id FROM cut WHERE state = 'waiting') AS is_pending FROM sent) AS known
  ), delivery AS (
    INSERT INTO deliveries (message_id, gateway, seq, device_id, state, reason, finished_at)
    SELECT message_id, gateway, seq, device_id, CASE WHEN skip THEN 'skipped' ELSE 'pending' END::delivery_state,
      CASE WHEN skip THEN 'ACTIVATION_NOT_ACTIVE' END, CASE WHEN skip THEN now() END
    FROM planned
  ), chunk AS (
    INSERT INTO chunks (message_id, gateway, number, application_id, priority, first_seq, size, skipped, state)
    SELECT message_id, gateway, number, application_id, 'transactional', first_seq, size, skipped, state FROM cut
  )`;
