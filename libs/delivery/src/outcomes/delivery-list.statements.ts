import { Rows, sqlCount } from '@app/core';
import { sqlPending } from '../messages/delivery-counts';
import { Delivery } from '../messages/delivery.entity';
import { sqlMicroseconds, sqlMoment } from './sending-position';

export const deliveryRows = Rows.of(Delivery, 'found');

/**
 * The first deliveries of each of messages $1, by their primary key. $2 to $5: how many, the gateway (null: both), and
 * the last one of the page before, its gateway and seq.
 */
export const deliveriesStatement = `
  SELECT ${deliveryRows.select} FROM unnest($1::uuid[]) AS message (id) CROSS JOIN LATERAL (
    SELECT * FROM deliveries
    WHERE message_id = message.id AND ($3::gateway IS NULL OR gateway = $3)
      AND ($4::gateway IS NULL OR (gateway, seq) > ($4, $5::int))
    ORDER BY gateway, seq LIMIT $2) AS found
  ORDER BY found.message_id, found.gateway, found.seq`;

/** Whether a chunk has deliveries in the state $6; where only a reason is wanted, any that are not accepted. */
const holdsAny = `CASE $6::delivery_state WHEN 'accepted' THEN accepted WHEN 'failed' THEN failed
      WHEN 'skipped' THEN skipped WHEN 'expired' THEN expired WHEN 'pending' THEN ${sqlPending}
      ELSE size - accepted END > 0`;

const matches = `deliveries.message_id = chunks.message_id AND deliveries.gateway = chunks.gateway
        AND seq < first_seq + size
        AND ($6::delivery_state IS NULL OR deliveries.state = $6) AND ($7::text IS NULL OR reason = $7)`;

/**
 * As above, those in the state $6 or with the reason $7. The chunks know in which ranges of the primary key there are
 * such deliveries; they are read one after the other until the page is full, and no index has to follow the state.
 */
export const chosenDeliveriesStatement = `
  SELECT ${deliveryRows.select} FROM unnest($1::uuid[]) AS message (id) CROSS JOIN LATERAL (
    SELECT chosen.* FROM chunks CROSS JOIN LATERAL (
      SELECT deliveries.* FROM deliveries
      WHERE ${matches} AND seq >= greatest(first_seq, CASE chunks.gateway WHEN $4 THEN $5::int + 1 END)
      ORDER BY seq LIMIT $2) AS chosen
    WHERE chunks.message_id = message.id AND ($3::gateway IS NULL OR chunks.gateway = $3) AND ${holdsAny}
      AND ($4::gateway IS NULL OR chunks.gateway > $4 OR chunks.gateway = $4 AND first_seq + size > $5::int)
    ORDER BY chunks.gateway, chunks.number, chosen.seq LIMIT $2) AS found
  ORDER BY found.message_id, found.gateway, found.seq`;

/** How many deliveries messages $1 have to gateway $2 in state $3 (null: any), which the chunks count. */
export const countDeliveriesStatement = `
  SELECT message_id AS id, sum(CASE $3::delivery_state WHEN 'accepted' THEN accepted WHEN 'failed' THEN failed
      WHEN 'skipped' THEN skipped WHEN 'expired' THEN expired WHEN 'pending' THEN ${sqlPending} ELSE size END)::int AS total
  FROM chunks WHERE message_id = ANY ($1::uuid[]) AND ($2::gateway IS NULL OR gateway = $2) GROUP BY 1`;

/** As above, with the reason $4. */
export const countByReasonStatement = `
  SELECT message.id, total FROM unnest($1::uuid[]) AS message (id) CROSS JOIN LATERAL (${sqlCount(`
    SELECT FROM chunks CROSS JOIN LATERAL (
      SELECT FROM deliveries
      WHERE ${matches.replaceAll('$6', '$3').replaceAll('$7', '$4')} AND seq >= first_seq OFFSET 0) AS chosen
    WHERE chunks.message_id = message.id AND ($2::gateway IS NULL OR chunks.gateway = $2)
      AND ${holdsAny.replaceAll('$6', '$3')}`)}) AS own`;

const ofDevice = `device_id = device.id AND ($3::gateway IS NULL OR gateway = $3)
      AND ($6::delivery_state IS NULL OR deliveries.state = $6) AND ($7::text IS NULL OR reason = $7)`;

/**
 * The last deliveries to each of devices $1, the newest message first. What one device ever got is few, and found by
 * the index of its deliveries. $2, $3, $6 and $7 as above; $4 and $5 the position of the last one of the page before.
 */
export const deliveriesOfDevicesStatement = `
  SELECT ${deliveryRows.select}, ${sqlMicroseconds('found.sent_at')} AS at
  FROM unnest($1::bigint[]) AS device (id) CROSS JOIN LATERAL (
    SELECT deliveries.*, created_at AS sent_at FROM deliveries JOIN messages ON messages.id = message_id
    WHERE ${ofDevice} AND ($4::bigint IS NULL OR (created_at, message_id) < (${sqlMoment('$4')}, $5::uuid))
    ORDER BY created_at DESC, message_id DESC LIMIT $2) AS found
  ORDER BY found.device_id, found.sent_at DESC, found.message_id DESC`;

/** How many deliveries devices $1 have; $2 to $4 as of messages. */
export const countDeliveriesOfDevicesStatement = `
  SELECT device.id, total FROM unnest($1::bigint[]) AS device (id) CROSS JOIN LATERAL (${sqlCount(`
    SELECT FROM deliveries
    WHERE device_id = device.id AND ($2::gateway IS NULL OR gateway = $2)
      AND ($3::delivery_state IS NULL OR state = $3) AND ($4::text IS NULL OR reason = $4)`)}) AS own`;

/** The deliveries of messages $1 to the devices that user $2 uses now. */
export const deliveriesToUserStatement = `
  SELECT ${deliveryRows.select} FROM deliveries AS found
  WHERE message_id = ANY ($1::uuid[])
    AND device_id IN (SELECT device_id FROM activations WHERE user_id = $2 AND status <> 'REMOVED')
  ORDER BY found.gateway, found.seq`;
