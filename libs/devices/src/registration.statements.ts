import type { Actor } from '@app/core';
import type { Device } from './device.entity';

export type StoredDevice = Omit<Device, 'application'>;

export const deviceColumns = `id, application_id AS "applicationId", platform, token, registered_at AS "registeredAt",
    retired_at AS "retiredAt", retired_reason AS "retiredReason"`;

/** By name, for a later release may add columns, of whatever names, while this one runs. */
const stored = [
  'id',
  'application_id',
  'platform',
  'token',
  'registered_at',
  'retired_at',
  'retired_reason',
];
const storedColumns = stored.join(', ');
const storedColumnsOf = (table: string) => stored.map((column) => `${table}.${column}`).join(', ');

/** The first four parameters of each statement below; $4 holds the only applications that the actor reaches, or null. */
export function actorParameters({ kind, id, address, applicationIds }: Actor): unknown[] {
  return [kind, id, address ?? null, applicationIds ?? null];
}

/**
 * Its event of the audit trail, in the one statement that makes the change: registration is the most frequent call by
 * far. Push tokens stay out of it.
 */
const event = (action: string) => `
    INSERT INTO audit_events (actor_kind, actor_id, address, action, target, application_id, before, after)
    SELECT $1::text, $2::text, $3::text, '${action}'`;

/** Where an activation is at home, see `ActivationsService`; null for none. */
export const home = 'coalesce(devices.application_id, home_application_id)';

/** The same again changes nothing. */
const giveDirectly = `ON CONFLICT (id) DO UPDATE
      SET user_id = excluded.user_id, status = 'ACTIVE', device_id = excluded.device_id, updated_at = now()
      WHERE (activations.user_id, activations.status, activations.device_id)
        IS DISTINCT FROM (excluded.user_id, 'ACTIVE', excluded.device_id)`;

/**
 * One round trip: the device, then whom it belongs to. No row comes back, and nothing is written, when there is no such
 * application ($5), or no activation ($9) that the actor reaches. The same again leaves no event.
 */
export const registerStatement = `
  WITH previous AS (
    SELECT platform, retired_at, retired_reason FROM devices WHERE application_id = $5 AND token = $7 FOR UPDATE
  ), device AS (
    INSERT INTO devices (application_id, platform, token)
    SELECT id, $6::platform, $7 FROM applications LEFT JOIN previous ON true
    WHERE id = $5 AND ($9::text IS NULL OR EXISTS (
      SELECT FROM activations LEFT JOIN devices ON devices.id = device_id
      WHERE activations.id = $9 AND status <> 'REMOVED' AND (${home} <> ALL ($4::int[])) IS NOT TRUE))
    ON CONFLICT (application_id, token) DO UPDATE
      SET platform = excluded.platform, registered_at = now(), retired_at = NULL, retired_reason = NULL
    RETURNING ${storedColumns}, xmax = 0 AS created
  ), person AS (
    INSERT INTO users (id) SELECT $8 FROM device WHERE $8::text IS NOT NULL ON CONFLICT DO NOTHING
  ), direct AS (
    INSERT INTO activations (id, user_id, device_id, status)
    SELECT device.id || ':' || $8, $8, device.id, 'ACTIVE' FROM device WHERE $8 IS NOT NULL
    ${giveDirectly}
    RETURNING id
  ), known AS (
    UPDATE activations SET device_id = device.id, home_application_id = device.application_id, updated_at = now()
    FROM device
    WHERE activations.id = $9 AND device_id IS DISTINCT FROM device.id
    RETURNING activations.id
  ), event AS (${event('device.register')}, 'device:' || id, application_id,
      CASE WHEN previous.retired_at IS NOT NULL THEN jsonb_build_object('retiredReason', previous.retired_reason) END,
      jsonb_strip_nulls(jsonb_build_object('platform', device.platform, 'userId', $8, 'activationId', $9))
    FROM device LEFT JOIN previous ON true
    WHERE created OR previous.retired_at IS NOT NULL OR previous.platform <> device.platform
      OR EXISTS (SELECT FROM direct) OR EXISTS (SELECT FROM known)
  )
  SELECT ${deviceColumns} FROM device`;

/**
 * As `registerStatement` without activations, for several at once in application $1: by actors $2, $3 from addresses $4,
 * on platforms $5, tokens $6, each once, for users $7. Who locks several devices does it by id, and holds their application
 * before, which its removal locks first. No row comes back when there is no such application.
 */
export const registerTogetherStatement = `
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
    RETURNING ${storedColumns}, xmax = 0 AS created
  ), device AS (
    SELECT ${storedColumnsOf('stored')}, created, user_id, actor_kind, actor_id, address FROM stored JOIN listed USING (token)
  ), person AS (
    INSERT INTO users (id) SELECT DISTINCT user_id FROM device WHERE user_id IS NOT NULL ORDER BY 1 ON CONFLICT DO NOTHING
  ), direct AS (
    INSERT INTO activations (id, user_id, device_id, status)
    SELECT id || ':' || user_id, user_id, id, 'ACTIVE' FROM device WHERE user_id IS NOT NULL ORDER BY 1
    ${giveDirectly}
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
  SELECT ${deviceColumns} FROM stored`;

/** The migrations tell what it does. No row comes back when there is no application $5. */
export const registerActivationsStatement = `
  SELECT ${deviceColumns}
  FROM register_activations($1, $2, $3, $4::int[], $5, $6::platform, $7, $8::text[], $9::text[],
    $10::activation_status[], $11)`;

/** The SQLSTATEs with which it refuses a token that carries several other activations, … */
export const sharedTokenState = 'CA001';
/** … an activation that our table does not have, or has as REMOVED, … */
export const unusableActivationState = 'CA002';
/** … and one whose home the actor does not reach. */
export const unreachableActivationState = 'CA003';

/** Removes the devices of application $5 with these platforms ($6) and tokens ($7), pair by pair. */
export const removeStatement = `
  WITH removed AS (
    DELETE FROM devices USING unnest($6::platform[], $7::text[]) AS listed (platform, token)
    WHERE application_id = $5 AND devices.platform = listed.platform AND devices.token = listed.token
      AND (application_id <> ALL ($4::int[])) IS NOT TRUE
    RETURNING ${storedColumnsOf('devices')}
  ), event AS (${event('device.remove')}, 'device:' || id, application_id,
      jsonb_build_object('platform', platform), NULL FROM removed)
  SELECT ${deviceColumns} FROM removed`;

/** Takes the device from user $2, who asks; it goes when nobody else uses it. */
export const removeOwnStatement = `
  WITH device AS (
    SELECT ${storedColumns} FROM devices
    WHERE application_id = $5 AND platform = $6::platform AND token = $7
      AND (application_id <> ALL ($4::int[])) IS NOT TRUE
    FOR UPDATE
  ), own AS (
    UPDATE activations SET device_id = NULL, updated_at = now() FROM device
    WHERE device_id = device.id AND user_id = $2
    RETURNING ${storedColumnsOf('device')}
  ), removed AS (
    DELETE FROM devices USING (SELECT DISTINCT id FROM own) AS left_by
    WHERE devices.id = left_by.id
      AND NOT EXISTS (SELECT FROM activations WHERE device_id = devices.id AND user_id <> $2)
  ), event AS (${event('device.remove')}, 'device:' || id, application_id,
      jsonb_build_object('platform', platform, 'userId', $2::text), NULL FROM (SELECT DISTINCT ${storedColumns} FROM own) AS once)
  SELECT ${deviceColumns} FROM own LIMIT 1`;

/** Of one that has no home, those who are limited to some applications only reach the `same`. */
const activationAsItWas = (same: string) => `
    SELECT activations.id, user_id, status, ${home} AS application_id,
      $4::int[] IS NOT NULL AND coalesce(${home} <> ALL ($4::int[]), NOT (${same})) AS unreachable
    FROM activations LEFT JOIN devices ON devices.id = device_id
    WHERE activations.id = $5 FOR UPDATE OF activations`;

/**
 * Activation $5 of user $6 with status $7; the same again changes nothing, nor does one that another made known since the
 * statement began: nobody has asked whether the actor reaches that.
 */
export const registerActivationStatement = `
  WITH previous AS (${activationAsItWas('(user_id, status) = ($6::text, $7::activation_status)')}
  ), wanted AS (
    SELECT $5::text AS id, $6::text AS user_id, $7::activation_status AS status,
      CASE WHEN cardinality($4::int[]) = 1 THEN ($4::int[])[1] END AS home_application_id
    WHERE NOT EXISTS (SELECT FROM previous WHERE unreachable)
  ), person AS (
    INSERT INTO users (id) SELECT user_id FROM wanted ON CONFLICT DO NOTHING
  ), stored AS (
    INSERT INTO activations (id, user_id, status, home_application_id) SELECT * FROM wanted
    ON CONFLICT (id) DO UPDATE SET user_id = excluded.user_id, status = excluded.status, updated_at = now()
      WHERE (activations.user_id, activations.status) IS DISTINCT FROM (excluded.user_id, excluded.status)
        AND EXISTS (SELECT FROM previous)
    RETURNING id, user_id, status, home_application_id
  ), event AS (${event('activation.register')}, 'activation:' || stored.id,
      CASE WHEN previous.id IS NULL THEN home_application_id ELSE application_id END,
      CASE WHEN previous.id IS NOT NULL
        THEN jsonb_build_object('userId', previous.user_id, 'status', previous.status) END,
      jsonb_build_object('userId', stored.user_id, 'status', stored.status)
    FROM stored LEFT JOIN previous ON true)
  SELECT unreachable FROM previous`;

/** Sets the status of activation $5 to $6; none comes back when it is unknown. */
export const updateStatusStatement = `
  WITH previous AS (${activationAsItWas('status = $6::activation_status')}
  ), stored AS (
    UPDATE activations SET status = $6::activation_status, updated_at = now() FROM previous
    WHERE activations.id = previous.id AND NOT unreachable AND previous.status <> $6::activation_status
    RETURNING activations.id, activations.status
  ), event AS (${event('activation.status')}, 'activation:' || stored.id, application_id,
      jsonb_build_object('status', previous.status), jsonb_build_object('status', stored.status)
    FROM stored JOIN previous USING (id))
  SELECT unreachable FROM previous`;
