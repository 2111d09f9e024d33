import { eventOfActor } from '../device/actor-parameters';
import { deviceRows } from '../device/device-rows';

/** Removes the devices of application $5 with these platforms ($6) and tokens ($7), pair by pair. */
export const removeStatement = `
  WITH removed AS (
    DELETE FROM devices USING unnest($6::platform[], $7::text[]) AS listed (platform, token)
    WHERE application_id = $5 AND devices.platform = listed.platform AND devices.token = listed.token
      AND (application_id <> ALL ($4::int[])) IS NOT TRUE
    RETURNING ${deviceRows.columnsOf('devices')}
  ), event AS (${eventOfActor('device.remove')}, 'device:' || id, application_id,
      jsonb_build_object('platform', platform), NULL FROM removed)
  SELECT ${deviceRows.select} FROM removed AS device`;

/** Takes device $5 to $7 (application, platform, token) from user $2, who asks; it goes when nobody else uses it. */
export const removeOwnStatement = `
  WITH device AS (
    SELECT ${deviceRows.columnsOf('devices')} FROM devices
    WHERE application_id = $5 AND platform = $6::platform AND token = $7
      AND (application_id <> ALL ($4::int[])) IS NOT TRUE
    FOR UPDATE
  ), own AS (
    UPDATE activations SET device_id = NULL, updated_at = now() FROM device
    WHERE device_id = device.id AND user_id = $2
    RETURNING ${deviceRows.columnsOf('device')}
  ), removed AS (
    DELETE FROM devices USING (SELECT DISTINCT id FROM own) AS left_by
    WHERE devices.id = left_by.id
      AND NOT EXISTS (SELECT FROM activations WHERE device_id = devices.id AND user_id <> $2)
  ), event AS (${eventOfActor('device.remove')}, 'device:' || id, application_id,
      jsonb_build_object('platform', platform, 'userId', $2::text), NULL FROM (SELECT DISTINCT ${deviceRows.columnsOf('own')} FROM own) AS once)
  SELECT ${deviceRows.select} FROM own AS device LIMIT 1`;
