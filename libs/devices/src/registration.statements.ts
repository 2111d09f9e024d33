import type { Device } from './device.entity';

export type StoredDevice = Omit<Device, 'application'>;

const deviceColumns = `id, application_id AS "applicationId", platform, token, registered_at AS "registeredAt",
    retired_at AS "retiredAt", retired_reason AS "retiredReason"`;

/**
 * One round trip, as registration is the most frequent call by far: the device, then whom it belongs to. No row comes
 * back, and nothing is written, when there is no such application ($1) or activation ($5).
 */
export const registerStatement = `
  WITH device AS (
    INSERT INTO devices (application_id, platform, token)
    SELECT id, $2::platform, $3 FROM applications
    WHERE id = $1 AND ($5::text IS NULL OR EXISTS (SELECT FROM activations WHERE id = $5 AND status <> 'REMOVED'))
    ON CONFLICT (application_id, token) DO UPDATE
      SET platform = excluded.platform, registered_at = now(), retired_at = NULL, retired_reason = NULL
    RETURNING *
  ), person AS (
    INSERT INTO users (id) SELECT $4 FROM device WHERE $4::text IS NOT NULL ON CONFLICT DO NOTHING
  ), direct AS (
    INSERT INTO activations (id, user_id, device_id, status)
    SELECT device.id || ':' || $4, $4, device.id, 'ACTIVE' FROM device WHERE $4 IS NOT NULL
    ON CONFLICT (id) DO UPDATE SET status = 'ACTIVE', device_id = excluded.device_id, updated_at = now()
  ), known AS (
    UPDATE activations SET device_id = device.id, updated_at = now() FROM device WHERE activations.id = $5
  )
  SELECT ${deviceColumns} FROM device`;

/** The migration tells what it does. No row comes back when there is no application $1. */
export const registerActivationsStatement = `
  SELECT ${deviceColumns}
  FROM register_activations($1, $2::platform, $3, $4::text[], $5::text[], $6::activation_status[], $7)`;

/** The SQLSTATEs with which it refuses a token that carries several other activations, … */
export const sharedTokenState = 'CA001';
/** … and an activation that our table does not have, or has as REMOVED. */
export const unusableActivationState = 'CA002';
