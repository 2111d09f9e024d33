import { type ListOrder, sqlCount, sqlOrders } from '@app/core';
import { deviceRows } from './device-rows';

/** Selects $2 of all devices by primary key, after id $1 (null: from the first). */
export const allDevicesStatement = (order: ListOrder) => {
  const { later, sort } = sqlOrders[order];
  return `
    SELECT ${deviceRows.select} FROM devices AS device
    WHERE $1::bigint IS NULL OR id ${later} $1 ORDER BY id ${sort} LIMIT $2`;
};

const ends: Readonly<Record<ListOrder, { first: string; within: '>=' | '<=' }>> = {
  newest: { first: '9223372036854775807', within: '>=' },
  oldest: { first: '0', within: '<=' },
};

/**
 * The devices of applications $3 (null: all), platforms $4 and retirements $5. Each combination is a range of one of
 * two indexes, of which no more is read than the page holds. Equality would let PostgreSQL walk through the primary key
 * instead, in the hope that it soon meets such devices.
 */
export const devicesStatement = (order: ListOrder) => {
  const { later, sort } = sqlOrders[order];
  const { first, within } = ends[order];
  const range = (retired: string) => `(
    SELECT devices.* FROM devices
    WHERE retired_at IS ${retired} AND (application_id, platform) ${within} (reached.id, listed.platform)
      AND (application_id, platform, id) ${later} (reached.id, listed.platform, coalesce($1::bigint, ${first}))
    ORDER BY application_id ${sort}, platform ${sort}, id ${sort} LIMIT $2)`;
  return `
    SELECT ${deviceRows.select} FROM (
      SELECT found.* FROM unnest(coalesce($3::int[], ARRAY(SELECT id FROM applications))) AS reached (id)
        CROSS JOIN unnest($4::platform[]) AS listed (platform)
        CROSS JOIN LATERAL ${range('NULL')} AS found
      WHERE false = ANY ($5::boolean[])
      UNION ALL
      SELECT found.* FROM unnest(coalesce($3::int[], ARRAY(SELECT id FROM applications))) AS reached (id)
        CROSS JOIN unnest($4::platform[]) AS listed (platform)
        CROSS JOIN LATERAL ${range('NOT NULL')} AS found
      WHERE true = ANY ($5::boolean[])) AS device
    ORDER BY id ${sort} LIMIT $2`;
};

/**
 * Of each of users $6 the devices that he uses, of applications $3 (null: all), platforms $4 and retirements $5. A user
 * has few devices, which are found by his activations.
 */
export const devicesOfUsersStatement = (order: ListOrder) => {
  const { later, sort } = sqlOrders[order];
  return `
    SELECT owner.id AS "userId", ${deviceRows.select}
    FROM unnest($6::text[]) AS owner (id) CROSS JOIN LATERAL (
      SELECT devices.* FROM devices
      WHERE devices.id IN (SELECT device_id FROM activations WHERE user_id = owner.id AND status <> 'REMOVED')
        AND ($3::int[] IS NULL OR application_id = ANY ($3)) AND platform = ANY ($4::platform[])
        AND (retired_at IS NOT NULL) = ANY ($5::boolean[])
        AND ($1::bigint IS NULL OR devices.id ${later} $1)
      ORDER BY devices.id ${sort} LIMIT $2) AS device
    ORDER BY 1, device.id ${sort}`;
};

/** Counts the devices of applications $1 (null: all), platforms $2 and retirements $3. */
export const countDevicesStatement = sqlCount(`
  SELECT FROM devices
  WHERE ($1::int[] IS NULL OR application_id = ANY ($1)) AND platform = ANY ($2::platform[])
    AND (retired_at IS NOT NULL) = ANY ($3::boolean[])`);

/** Counts them for each of users $4. */
export const countDevicesOfUsersStatement = `
  SELECT owner.id AS "userId", total
  FROM unnest($4::text[]) AS owner (id) CROSS JOIN LATERAL (${sqlCount(`
    SELECT DISTINCT devices.id FROM activations JOIN devices ON devices.id = device_id
    WHERE user_id = owner.id AND status <> 'REMOVED'
      AND ($1::int[] IS NULL OR application_id = ANY ($1)) AND platform = ANY ($2::platform[])
      AND (retired_at IS NOT NULL) = ANY ($3::boolean[])`)}) AS own`;
