import { insertAuditEvents } from '@app/audit';
import { deviceRows } from '../device/device-rows';

/** Where an activation is at home, see `ActivationsService`; null for none. */
export const home = 'coalesce(devices.application_id, home_application_id)';

/** Whether who reaches these applications alone does not see an activation: one without a home is for those of all. */
export const isBeyond = (reach: string) => `(coalesce(${home}, 0) <> ALL (${reach})) IS TRUE`;

/** Sets a column of a device that is there, unless it has registered here, or was retired, since what an import tells of. */
const unlessOld = (column: string, value: string) =>
  `CASE WHEN excluded.registered_at = now()
            OR excluded.registered_at > greatest(devices.registered_at, devices.retired_at)
          THEN ${value} ELSE devices.${column} END`;

/** Ends an INSERT of activations: of those that are there, the same again changes nothing, nor does old news of an import. */
export const ontoActivation = `ON CONFLICT (id) DO UPDATE
      SET user_id = excluded.user_id, status = excluded.status, device_id = excluded.device_id,
        home_application_id = excluded.home_application_id, updated_at = excluded.updated_at
      WHERE (excluded.updated_at = now() OR excluded.updated_at >= activations.updated_at)
        AND (activations.user_id, activations.status, activations.device_id, activations.home_application_id)
          IS DISTINCT FROM (excluded.user_id, excluded.status, excluded.device_id, excluded.home_application_id)`;

/** Puts a parameter that is a list into a statement. */
type ListParameter = (number: number, type: string) => string;

/** Lets PostgreSQL plan for the list as it is. */
const asItIs: ListParameter = (number, type) => `$${number}::${type}[]`;

/**
 * Keeps from PostgreSQL how long the list is. Else it finds a plan for just one better than the one that it keeps, and
 * takes longer to make that, each time, than to carry it out.
 */
const ofAnyLength: ListParameter = (number, type) => `(SELECT $${number}::${type}[])::${type}[]`;

/**
 * Registers a list in application $1, as if one after the other, in one round trip, for it is the most frequent call by
 * far. Each of the list has an actor ($2 to $4, absent where the audit trail tells nothing of it), a platform ($5) and a
 * token ($6). It goes to user $7, or to activation $8, which has to be there, in the reach of $11 (null is everywhere),
 * unless $7 and $9 say whose it is and what its status. $10 says when it was registered, if not now. A device comes back
 * to life, gets the platform, and keeps its other users. A user keeps the $12 newest devices (0 is all). The same again leaves no event; push tokens stay out of them.
 *
 * Locks, each by id: devices, users, activations, users as counted; before them the application, which its removal locks first. That
 * devices join with `previous`, and activations count each `person`, is for this order alone.
 * @returns a row for each of the list but those whose activation is not there; none where there is no such application
 */
const register = (list: ListParameter) => `
  WITH listed AS (
    SELECT * FROM unnest(${list(2, 'text')}, ${list(3, 'text')}, ${list(4, 'text')}, ${list(5, 'platform')},
        ${list(6, 'text')}, ${list(7, 'text')}, ${list(8, 'text')}, ${list(9, 'activation_status')},
        ${list(10, 'timestamptz')}) WITH ORDINALITY
      AS listed (actor_kind, actor_id, address, platform, token, user_id, activation_id, status, at, number)
    WHERE activation_id IS NULL OR user_id IS NOT NULL OR activation_id IN (
      SELECT activations.id FROM activations LEFT JOIN devices ON devices.id = device_id
      WHERE activations.id = ANY (${list(8, 'text')}) AND activations.status <> 'REMOVED'
        AND NOT ${isBeyond('$11::int[]')})
  ), held AS (
    SELECT id FROM applications WHERE id = $1 FOR KEY SHARE
  ), previous AS (
    SELECT ${deviceRows.columnsOf('devices')} FROM devices
    WHERE application_id = (SELECT id FROM held) AND token = ANY (${list(6, 'text')}) ORDER BY id FOR UPDATE
  ), stored AS (
    INSERT INTO devices (application_id, platform, token, registered_at)
    SELECT DISTINCT ON (token) held.id, listed.platform, token, coalesce(at, now())
    FROM held CROSS JOIN listed LEFT JOIN previous USING (token) ORDER BY token, number DESC
    ON CONFLICT (application_id, token) DO UPDATE
      SET platform = ${unlessOld('platform', 'excluded.platform')},
        registered_at = ${unlessOld('registered_at', 'excluded.registered_at')},
        retired_at = ${unlessOld('retired_at', 'NULL')}, retired_reason = ${unlessOld('retired_reason', 'NULL')}
    RETURNING ${deviceRows.columnsOf('devices')}, xmax = 0 AS created
  ), given AS (
    SELECT ${deviceRows.columnsOf('stored')}, created, previous.retired_reason AS reason_before,
      created OR previous.retired_at IS NOT NULL OR (previous.platform <> stored.platform) IS TRUE AS is_changed,
      number, actor_kind, actor_id, address, user_id, activation_id, status, at,
      coalesce(activation_id, stored.id || ':' || user_id) AS pairing
    FROM listed JOIN stored USING (token) LEFT JOIN previous USING (token)
  ), person AS (
    INSERT INTO users (id) SELECT DISTINCT user_id FROM given WHERE user_id IS NOT NULL ORDER BY 1 ON CONFLICT DO NOTHING
    RETURNING id
  ), known AS (
    SELECT id, user_id, status FROM activations
    WHERE id IN (SELECT activation_id FROM given WHERE user_id IS NULL) ORDER BY id FOR UPDATE
  ), paired AS (
    INSERT INTO activations (id, user_id, status, device_id, home_application_id, created_at, updated_at)
    SELECT DISTINCT ON (pairing) pairing, coalesce(given.user_id, known.user_id),
      coalesce(given.status, known.status, 'ACTIVE'), given.id, CASE WHEN activation_id IS NOT NULL THEN application_id END,
      coalesce(at, now()), coalesce(at, now())
    FROM given LEFT JOIN known ON known.id = activation_id
    WHERE coalesce(given.user_id, known.user_id) IS NOT NULL AND (SELECT count(*) FROM person) >= 0
    ORDER BY pairing, number DESC
    ${ontoActivation}
    RETURNING id, device_id
  ), registered AS (
    SELECT ${deviceRows.columnsOf('given')}, number, actor_kind, actor_id, address, user_id, activation_id, created, is_changed,
      reason_before, number = min(number) OVER (PARTITION BY given.id) AS is_first,
      paired.id IS NOT NULL AND number = min(number) OVER (PARTITION BY given.id, pairing) AS is_paired
    FROM given LEFT JOIN paired ON paired.id = pairing AND paired.device_id = given.id
  ), event AS (
    ${insertAuditEvents}
    SELECT actor_kind, actor_id, address, 'device.register', 'device:' || id, application_id,
      CASE WHEN is_first AND reason_before IS NOT NULL THEN jsonb_build_object('retiredReason', reason_before) END,
      jsonb_strip_nulls(jsonb_build_object('platform', platform, 'userId', user_id, 'activationId', activation_id))
    FROM registered WHERE actor_kind IS NOT NULL AND (is_paired OR (is_first AND is_changed)) ORDER BY number
  ), surplus AS (
    SELECT coalesce(retire_surplus_devices($1, array_agg(DISTINCT id), $12::int), 0) AS devices
    FROM registered WHERE (is_paired OR is_changed) AND $12::int > 0
  )
  SELECT ${deviceRows.select}, number::int, created AND is_first AS "isNew", is_paired AS "isPaired",
    is_paired OR (is_first AND is_changed) AS "isChanged"
  FROM registered AS device WHERE (SELECT devices FROM surplus) >= 0`;

/** Registers a list of a few, by a plan that is made once. */
export const registerFewStatement = register(ofAnyLength);

/** Registers a list that is long enough for a plan of its own. */
export const registerManyStatement = register(asItIs);
