/** How the release before registers and removes devices. */
export const statementsBefore = {
  one: `
  WITH previous AS (
    SELECT platform, retired_at, retired_reason FROM devices WHERE application_id = $5 AND token = $7 FOR UPDATE
  ), device AS (
    INSERT INTO devices (application_id, platform, token)
    SELECT id, $6::platform, $7 FROM applications LEFT JOIN previous ON true
    WHERE id = $5 AND ($9::text IS NULL OR EXISTS (
      SELECT FROM activations LEFT JOIN devices ON devices.id = device_id
      WHERE activations.id = $9 AND status <> 'REMOVED' AND (coalesce(devices.application_id, home_application_id) <> ALL ($4::int[])) IS NOT TRUE))
    ON CONFLICT (application_id, token) DO UPDATE
      SET platform = excluded.platform, registered_at = now(), retired_at = NULL, retired_reason = NULL
    RETURNING *, xmax = 0 AS created
  ), person AS (
    INSERT INTO users (id) SELECT $8 FROM device WHERE $8::text IS NOT NULL ON CONFLICT DO NOTHING
  ), direct AS (
    INSERT INTO activations (id, user_id, device_id, status)
    SELECT device.id || ':' || $8, $8, device.id, 'ACTIVE' FROM device WHERE $8 IS NOT NULL
    ON CONFLICT (id) DO UPDATE
      SET user_id = excluded.user_id, status = 'ACTIVE', device_id = excluded.device_id, updated_at = now()
      WHERE (activations.user_id, activations.status, activations.device_id)
        IS DISTINCT FROM (excluded.user_id, 'ACTIVE', excluded.device_id)
    RETURNING id
  ), known AS (
    UPDATE activations SET device_id = device.id, home_application_id = device.application_id, updated_at = now()
    FROM device
    WHERE activations.id = $9 AND device_id IS DISTINCT FROM device.id
    RETURNING activations.id
  ), event AS (
    INSERT INTO audit_events (actor_kind, actor_id, address, action, target, application_id, before, after)
    SELECT $1::text, $2::text, $3::text, 'device.register', 'device:' || id, application_id,
      CASE WHEN previous.retired_at IS NOT NULL THEN jsonb_build_object('retiredReason', previous.retired_reason) END,
      jsonb_strip_nulls(jsonb_build_object('platform', device.platform, 'userId', $8, 'activationId', $9))
    FROM device LEFT JOIN previous ON true
    WHERE created OR previous.retired_at IS NOT NULL OR previous.platform <> device.platform
      OR EXISTS (SELECT FROM direct) OR EXISTS (SELECT FROM known)
  )
  SELECT id, application_id AS "applicationId", platform, token, registered_at AS "registeredAt",
    retired_at AS "retiredAt", retired_reason AS "retiredReason" FROM device`,
  together: `
  WITH listed AS (
    SELECT * FROM unnest($2::text[], $3::text[], $4::text[], $5::platform[], $6::text[], $7::text[])
      AS listed (actor_kind, actor_id, address, platform, token, user_id)
  ), held AS (
    SELECT id FROM applications WHERE id = $1 FOR KEY SHARE
  ), previous AS (
    SELECT token, platform, retired_at, retired_reason FROM devices
    WHERE application_id = (SELECT id FROM held) AND token = ANY ($6::text[]) ORDER BY id FOR UPDATE
  ), stored AS (
    INSERT INTO devices (application_id, platform, token)
    SELECT held.id, listed.platform, token FROM held CROSS JOIN listed LEFT JOIN previous USING (token) ORDER BY token
    ON CONFLICT (application_id, token) DO UPDATE
      SET platform = excluded.platform, registered_at = now(), retired_at = NULL, retired_reason = NULL
    RETURNING *, xmax = 0 AS created
  ), device AS (
    SELECT stored.*, user_id, actor_kind, actor_id, address FROM stored JOIN listed USING (token)
  ), person AS (
    INSERT INTO users (id) SELECT DISTINCT user_id FROM device WHERE user_id IS NOT NULL ORDER BY 1 ON CONFLICT DO NOTHING
  ), direct AS (
    INSERT INTO activations (id, user_id, device_id, status)
    SELECT id || ':' || user_id, user_id, id, 'ACTIVE' FROM device WHERE user_id IS NOT NULL ORDER BY 1
    ON CONFLICT (id) DO UPDATE
      SET user_id = excluded.user_id, status = 'ACTIVE', device_id = excluded.device_id, updated_at = now()
      WHERE (activations.user_id, activations.status, activations.device_id)
        IS DISTINCT FROM (excluded.user_id, 'ACTIVE', excluded.device_id)
    RETURNING device_id
  ), event AS (
    INSERT INTO audit_events (actor_kind, actor_id, address, action, target, application_id, before, after)
    SELECT actor_kind, actor_id, address, 'device.register', 'device:' || id, application_id,
      CASE WHEN previous.retired_at IS NOT NULL THEN jsonb_build_object('retiredReason', previous.retired_reason) END,
      jsonb_strip_nulls(jsonb_build_object('platform', device.platform, 'userId', user_id))
    FROM device LEFT JOIN previous USING (token)
    WHERE created OR previous.retired_at IS NOT NULL OR previous.platform <> device.platform
      OR id IN (SELECT device_id FROM direct)
  )
  SELECT id, application_id AS "applicationId", platform, token, registered_at AS "registeredAt",
    retired_at AS "retiredAt", retired_reason AS "retiredReason" FROM stored`,
  activations: `
  SELECT id, application_id AS "applicationId", platform, token, registered_at AS "registeredAt",
    retired_at AS "retiredAt", retired_reason AS "retiredReason"
  FROM register_activations($1, $2, $3, $4::int[], $5, $6::platform, $7, $8::text[], $9::text[],
    $10::activation_status[], $11)`,
  remove: `
  WITH removed AS (
    DELETE FROM devices USING unnest($6::platform[], $7::text[]) AS listed (platform, token)
    WHERE application_id = $5 AND devices.platform = listed.platform AND devices.token = listed.token
      AND (application_id <> ALL ($4::int[])) IS NOT TRUE
    RETURNING devices.*
  ), event AS (
    INSERT INTO audit_events (actor_kind, actor_id, address, action, target, application_id, before, after)
    SELECT $1::text, $2::text, $3::text, 'device.remove', 'device:' || id, application_id,
      jsonb_build_object('platform', platform), NULL FROM removed)
  SELECT id, application_id AS "applicationId", platform, token, registered_at AS "registeredAt",
    retired_at AS "retiredAt", retired_reason AS "retiredReason" FROM removed`,
  /** Of two releases before. */
  activationsBefore: `
  SELECT token FROM register_activations($1, $2::platform, $3, $4::text[], $5::text[], $6::activation_status[], $7)`,
};
