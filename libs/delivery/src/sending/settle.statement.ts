import { mayHaveBeenShown } from '../messages/delivery.entity';

/** Selects deliveries that are not sent again but may have been shown before. */
const endsInDoubt = "deliveries.in_doubt AND result.state IN ('skipped', 'expired')";

/** Begins an UPDATE of pending deliveries by what became of each: a `result` of `(state, reason, gateway_id, retry_in_ms, may_be_shown)`. */
export const settleDeliveries = `
    UPDATE deliveries SET
      state = CASE WHEN ${endsInDoubt} THEN '${mayHaveBeenShown.state}' ELSE result.state END,
      reason = CASE WHEN ${endsInDoubt} THEN '${mayHaveBeenShown.reason}' ELSE result.reason END,
      gateway_id = result.gateway_id, in_doubt = deliveries.in_doubt OR result.may_be_shown,
      retry_at = now() + result.retry_in_ms * interval '1 millisecond',
      attempts = least(deliveries.attempts + (result.state = 'pending')::int, 32767),
      finished_at = CASE WHEN result.state <> 'pending' THEN now() END`;
