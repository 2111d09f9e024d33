import { insertAuditEvents } from '@app/audit';
import { storeTransactional } from '@app/delivery';

/**
 * Stores notifications with all that belongs to them, and an event for each, in one round trip and one transaction. Each
 * has an id ($1), an application ($2), a user ($3), an activation ($4, null for all of the user's), content ($5), whether it
 * is personal ($6), and the event's actor ($7 to $9), action ($10), target ($11) and outcome ($12).
 *
 * It goes to the user's devices in the application, each once, or to the device of the activation; what leads to them is
 * looked up notification by notification, whatever PostgreSQL believes of the tables.
 * @returns one row: an application that is not there, for which nothing is stored; and the lanes that have something to send
 */
export const storeNotificationsStatement = `
  WITH listed AS (
    SELECT * FROM unnest($1::uuid[], $2::int[], $3::text[], $4::text[], $5::jsonb[], $6::boolean[], $7::text[], $8::text[],
        $9::text[], $10::text[], $11::text[], $12::jsonb[]) WITH ORDINALITY
      AS listed (id, application_id, user_id, activation_id, content, personal, actor_kind, actor_id, address, action, target,
        after, place)
  ), held AS (
    SELECT id FROM applications WHERE id = ANY ($2::int[]) ORDER BY id FOR KEY SHARE
  ), missing AS (
    SELECT application_id FROM listed WHERE application_id NOT IN (SELECT id FROM held) ORDER BY place LIMIT 1
  ), sent AS (
    SELECT * FROM listed WHERE NOT EXISTS (SELECT FROM missing)
  ), audience AS (
    SELECT sent.id AS message_id, application_id, personal, device.*
    FROM sent CROSS JOIN LATERAL (
      SELECT device.id AS device_id, platform, bool_or(status = 'ACTIVE') AS active
      FROM activations CROSS JOIN LATERAL (
        SELECT id, platform FROM devices
        WHERE id = device_id AND application_id = sent.application_id AND retired_at IS NULL OFFSET 0) AS device
      WHERE user_id = sent.user_id AND (sent.activation_id IS NULL OR activations.id = sent.activation_id)
        AND status <> 'REMOVED'
      GROUP BY 1, 2) AS device
  ), ${storeTransactional}, notification AS (
    INSERT INTO notifications (message_id, application_id, user_id, activation_id)
    SELECT id, application_id, user_id, activation_id FROM sent
  ), event AS (
    ${insertAuditEvents}
    SELECT actor_kind, actor_id, address, action, target, application_id, NULL, after FROM sent ORDER BY place
  )
  SELECT (SELECT application_id FROM missing) AS missing,
    ARRAY(SELECT DISTINCT jsonb_build_object('applicationId', application_id, 'gateway', gateway) FROM cut
      WHERE state = 'waiting') AS lanes`;
