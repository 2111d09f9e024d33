import type { EntityManager } from 'typeorm';
import type { ClaimedChunk } from '../chunks/claims';
import type { PendingDelivery } from '../sending/results';

type DueRow = Omit<PendingDelivery, 'messageId' | 'readAt'> & { readonly readAt: Date | null };

/**
 * Reads the deliveries of a chunk that are due, in the order of planning, with what is known of their devices. What all
 * of them share comes once: each column of a million rows costs a worker a second.
 */
export async function dueDeliveries(
  manager: EntityManager,
  { messageId, gateway, firstSeq, size }: ClaimedChunk,
): Promise<PendingDelivery[]> {
  const rows = await manager.query<DueRow[]>(
    `SELECT seq, device_id AS "deviceId", attempts, reason, token, retired_at IS NOT NULL AS retired,
       CASE row_number() OVER (ORDER BY seq) WHEN 1 THEN now() END AS "readAt"
     FROM deliveries LEFT JOIN devices ON devices.id = device_id
     WHERE message_id = $1 AND gateway = $2 AND seq >= $3 AND seq < $4 AND state = 'pending'
       AND (retry_at IS NULL OR retry_at <= now())
     ORDER BY seq`,
    [messageId, gateway, firstSeq, firstSeq + size],
  );
  const readAt = rows[0]?.readAt;
  if (!(readAt instanceof Date)) return [];
  return rows.map((row) => Object.assign(row, { messageId, readAt }));
}
