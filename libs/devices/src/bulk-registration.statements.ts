import { home } from './registration.statements';

/** $1 an application, which then stays until the devices are in. */
export const holdApplicationStatement = 'SELECT id FROM applications WHERE id = $1 FOR KEY SHARE';

/** Keeps this lock apart from those of other kinds. */
const listLock = 0x4c495354;

/** One list after the other for application $1: two that share new tokens could wait for each other for ever. */
export const queueUpStatement = `SELECT pg_advisory_xact_lock(${listLock}, $1)`;

/** Which of activations $1 a device may register with; $2 holds the only applications that the actor reaches, or null. */
export const usableActivationsStatement = `
  SELECT activations.id FROM activations LEFT JOIN devices ON devices.id = device_id
  WHERE activations.id = ANY ($1::text[]) AND status <> 'REMOVED' AND (${home} <> ALL ($2::int[])) IS NOT TRUE`;

/**
 * Tokens $3, each once, on platforms $2 of application $1. Those that are there are locked by id, as all do who lock
 * several devices.
 */
export const storeDevicesStatement = `
  WITH previous AS (
    SELECT token, platform, retired_at, retired_reason FROM devices
    WHERE application_id = $1 AND token = ANY ($3::text[]) ORDER BY id FOR UPDATE
  ), stored AS (
    INSERT INTO devices (application_id, platform, token)
    SELECT $1, listed.platform, token
    FROM unnest($2::platform[], $3::text[]) AS listed (platform, token) LEFT JOIN previous USING (token)
    ORDER BY token
    ON CONFLICT (application_id, token) DO UPDATE
      SET platform = excluded.platform, registered_at = now(), retired_at = NULL, retired_reason = NULL
    RETURNING id, token, platform, xmax = 0 AS created
  )
  SELECT id, token, stored.platform, created AS "isNew", retired_reason AS "retiredReason",
    created OR retired_at IS NOT NULL OR (previous.platform <> stored.platform) IS TRUE AS "isChanged"
  FROM stored LEFT JOIN previous USING (token)`;

/** Makes users $1 known. */
export const storeUsersStatement = `
  INSERT INTO users (id) SELECT DISTINCT id FROM unnest($1::text[]) AS id ORDER BY id ON CONFLICT DO NOTHING`;

/** Gives devices $1 to users $2, pair by pair, each pair once. @returns those that were not so before */
export const pairUsersStatement = `
  INSERT INTO activations (id, user_id, device_id, status)
  SELECT device_id || ':' || user_id, user_id, device_id, 'ACTIVE'
  FROM unnest($1::bigint[], $2::text[]) AS pair (device_id, user_id) ORDER BY 1
  ON CONFLICT (id) DO UPDATE
    SET user_id = excluded.user_id, status = 'ACTIVE', device_id = excluded.device_id, updated_at = now()
    WHERE (activations.user_id, activations.status, activations.device_id)
      IS DISTINCT FROM (excluded.user_id, 'ACTIVE', excluded.device_id)
  RETURNING device_id AS "deviceId", user_id AS name`;

/** Gives devices $1 to activations $2, pair by pair, each activation once. @returns those that were not so before */
export const pairActivationsStatement = `
  WITH locked AS (
    SELECT activations.id, pair.device_id
    FROM unnest($1::bigint[], $2::text[]) AS pair (device_id, id) JOIN activations USING (id)
    ORDER BY id FOR UPDATE OF activations
  ), paired AS (
    UPDATE activations SET device_id = locked.device_id, home_application_id = application_id, updated_at = now()
    FROM locked JOIN devices ON devices.id = locked.device_id
    WHERE activations.id = locked.id AND activations.device_id IS DISTINCT FROM locked.device_id
    RETURNING activations.device_id, activations.id
  )
  SELECT device_id AS "deviceId", id AS name FROM paired`;
