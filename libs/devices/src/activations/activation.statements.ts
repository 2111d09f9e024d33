import { eventOfActor } from '../device/actor-parameters';
import { deviceRows } from '../device/device-rows';
import { home, isBeyond, ontoActivation } from '../registration/registration.statements';

/**
 * Calls the function of the migrations that registers a token for activations; it returns no row where there is no
 * application $5.
 */
export const registerActivationsStatement = `
  SELECT ${deviceRows.select}
  FROM register_activations($1, $2, $3, $4::int[], $5, $6::platform, $7, $8::text[], $9::text[],
    $10::activation_status[], $11, $12) AS device`;

/**
 * Calls the function of the migrations that registers tokens for one activation each, in the order of their tokens; it
 * returns no row where there is no application $1.
 */
export const registerActivationListStatement = `
  SELECT number, refusal, ${deviceRows.select}
  FROM register_activation_list($1, $2::text[], $3::text[], $4::text[], $5::text[], $6::platform[], $7::text[],
    $8::text[], $9::text[], $10::activation_status[], $11) AS listed
  CROSS JOIN LATERAL (SELECT (listed.device).*) AS device`;

/** Selects those of activations $1 that who reaches applications $2 alone does not see. */
export const hiddenActivationsStatement = `
  SELECT activations.id FROM activations LEFT JOIN devices ON devices.id = device_id
  WHERE activations.id = ANY ($1::text[]) AND ${isBeyond('$2::int[]')}`;

/** Locks activation $5, and says whether the actor, who reaches applications $4, does not see it. */
const activationAsItWas = `
    SELECT activations.id, user_id, status, device_id, home_application_id, ${home} AS application_id,
      ${isBeyond('$4::int[]')} AS unreachable
    FROM activations LEFT JOIN devices ON devices.id = device_id
    WHERE activations.id = $5 FOR UPDATE OF activations`;

/**
 * Stores activation $5 of user $6 with status $7, at home in application $8 (null: where it was). The same again changes
 * nothing, nor does one that another made known since the statement began: nobody has asked whether the actor reaches that.
 */
export const registerActivationStatement = `
  WITH previous AS (${activationAsItWas}
  ), wanted AS (
    SELECT $5::text AS id, $6::text AS user_id, $7::activation_status AS status, device_id,
      coalesce($8::int, home_application_id) AS home_application_id
    FROM (SELECT) AS once LEFT JOIN previous ON true WHERE unreachable IS NOT TRUE
  ), person AS (
    INSERT INTO users (id) SELECT user_id FROM wanted ON CONFLICT DO NOTHING
  ), stored AS (
    INSERT INTO activations (id, user_id, status, device_id, home_application_id) SELECT * FROM wanted
    ${ontoActivation} AND EXISTS (SELECT FROM previous)
    RETURNING id, user_id, status, home_application_id
  ), event AS (${eventOfActor('activation.register')}, 'activation:' || stored.id,
      coalesce(application_id, stored.home_application_id),
      CASE WHEN previous.id IS NOT NULL
        THEN jsonb_build_object('userId', previous.user_id, 'status', previous.status) END,
      jsonb_build_object('userId', stored.user_id, 'status', stored.status)
    FROM stored LEFT JOIN previous ON true)
  SELECT unreachable FROM previous`;

/** Sets the status of activation $5 to $6; it returns no row for an unknown one. */
export const updateStatusStatement = `
  WITH previous AS (${activationAsItWas}
  ), stored AS (
    UPDATE activations SET status = $6::activation_status, updated_at = now() FROM previous
    WHERE activations.id = previous.id AND NOT unreachable AND previous.status <> $6::activation_status
    RETURNING activations.id, activations.status
  ), event AS (${eventOfActor('activation.status')}, 'activation:' || stored.id, application_id,
      jsonb_build_object('status', previous.status), jsonb_build_object('status', stored.status)
    FROM stored JOIN previous USING (id))
  SELECT unreachable FROM previous`;
