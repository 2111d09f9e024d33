import { insertAuditEvents } from '@app/audit';
import { storeTransactional } from '@app/delivery';

/** The columns of a list of notifications, in the order of the parameters. */
const columns = {
  ...{ id: 'uuid', application_id: 'int', user_id: 'text', activation_id: 'text' },
  ...{ content: 'jsonb', personal: 'boolean' },
  ...{ actor_kind: 'text', actor_id: 'text', address: 'text' },
  ...{ action: 'text', target: 'text', after: 'jsonb' },
};
const lists = Object.values(columns).map((type, place) => `(SELECT $${place + 1}::${type}[])`);

/**
 * Stores notifications with all that belongs to them, and an event for each, in one round trip and one transaction. $1 to
 * $12 are lists of the columns above; without an activation a notification is for all of the user's.
 *
 * It goes to the user's devices in the application, each once, or to the device of the activation; what leads to them is
 * looked up notification by notification, whatever PostgreSQL believes of the tables. It does not see how many are listed,
 * on which nothing depends: else it would make a plan for each call, which takes as long as all the rest of a single one.
 * @returns one row: an application that is not there, for which nothing is stored; and the lanes that have something to send
 */
export const storeNotificationsStatement = `
  WITH listed AS (
    SELECT * FROM unnest(${lists.join(', ')})
      WITH ORDINALITY AS listed (${Object.keys(columns).join(', ')}, place)
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
        SELECT id, platform, application_id, retired_at FROM devices WHERE id = device_id OFFSET 0) AS device
      WHERE user_id = sent.user_id AND (sent.activation_id IS NULL OR activations.id = sent.activation_id)
        AND status <> 'REMOVED' AND device.application_id = sent.application_id AND retired_at IS NULL
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
