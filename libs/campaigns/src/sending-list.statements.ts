import { type ListOrder, sqlCount, sqlOrders } from '@app/core';
import { sqlMicroseconds, sqlMoment } from '@app/delivery';

type Table = 'campaigns' | 'notifications';

/** Positions before the first and after the last row, by order. */
const ends = {
  newest: ['infinity', 'ffffffff-ffff-ffff-ffff-ffffffffffff'],
  oldest: ['-infinity', '00000000-0000-0000-0000-000000000000'],
} as const;

/**
 * Selects what comes after a position. In every list $1 and $2 are the position of the last one of the page before, or
 * nulls, and $3 is the number of rows. One condition for both cases lets one plan serve them.
 */
const beyond = (id: string, order: ListOrder) =>
  `(created_at, ${id}) ${sqlOrders[order].later} (${position(order)})`;
const position = (order: ListOrder) => {
  const [at, messageId] = ends[order];
  return `coalesce(${sqlMoment('$1')}, '${at}'), coalesce($2::uuid, '${messageId}')`;
};
const sorted = (id: string, order: ListOrder) => {
  const { sort } = sqlOrders[order];
  return `ORDER BY created_at ${sort}, ${id} ${sort} LIMIT $3`;
};

/** Selects the rows of a page, which gives `message_id` and `created_at`, with their positions in the list. */
const placed = (table: Table, columns: string, order: ListOrder, page: string) => {
  const { sort } = sqlOrders[order];
  return `
  SELECT ${columns}, message_id AS "messageId", ${sqlMicroseconds('page.created_at')} AS at
  FROM (${page}) AS page JOIN ${table} AS sending USING (message_id) JOIN messages AS message ON message.id = message_id
  ORDER BY page.created_at ${sort}, message_id ${sort}`;
};

/** Selects the campaigns, or the notifications, of messages $1. */
export const sendingsStatement = (table: Table, columns: string) => `
  SELECT ${columns} FROM ${table} AS sending JOIN messages AS message ON message.id = message_id
  WHERE message_id = ANY ($1::uuid[])`;

/** Selects applications $4, null for all, so that an index by application is read application by application. */
const reached = 'unnest(coalesce($4::int[], ARRAY(SELECT id FROM applications))) AS reached (id)';

/** Selects the campaigns of applications $4 in states $5: each pair is a range of one index. */
export const campaignsStatement = (columns: string, order: ListOrder) =>
  placed(
    'campaigns',
    columns,
    order,
    `
    SELECT found.id AS message_id, found.created_at
    FROM ${reached} CROSS JOIN unnest($5::message_state[]) AS listed (state) CROSS JOIN LATERAL (
      SELECT id, created_at FROM messages
      WHERE priority = 'campaign' AND application_id = reached.id AND state = listed.state AND ${beyond('id', order)}
      ${sorted('id', order)}) AS found
    ${sorted('message_id', order)}`,
  );

/** Counts the campaigns of applications $1 (null: all) in states $2. */
export const countCampaignsStatement = sqlCount(`
  SELECT FROM messages
  WHERE priority = 'campaign' AND ($1::int[] IS NULL OR application_id = ANY ($1)) AND state = ANY ($2::message_state[])`);

/** Selects all notifications, newest first. */
export const allNotificationsStatement = (columns: string) =>
  placed(
    'notifications',
    columns,
    'newest',
    `SELECT message_id, created_at FROM notifications
     WHERE ${beyond('message_id', 'newest')} ${sorted('message_id', 'newest')}`,
  );

/**
 * Selects the notifications of applications $4, newest first, each a range of one index. Equality would let PostgreSQL
 * walk through all notifications by time instead, in the hope that it soon meets those of the application.
 */
export const notificationsStatement = (columns: string) =>
  placed(
    'notifications',
    columns,
    'newest',
    `
    SELECT found.* FROM ${reached} CROSS JOIN LATERAL (
      SELECT message_id, created_at FROM notifications
      WHERE application_id >= reached.id AND (application_id, created_at, message_id)
        < (reached.id, ${position('newest')})
      ORDER BY application_id DESC, created_at DESC, message_id DESC LIMIT $3) AS found
    ${sorted('message_id', 'newest')}`,
  );

/** Selects the notifications to each of users $5 in applications $4 (null: all), newest first. */
export const notificationsOfUsersStatement = (columns: string) =>
  placed(
    'notifications',
    columns,
    'newest',
    `
    SELECT found.* FROM unnest($5::text[]) AS owner (id) CROSS JOIN LATERAL (
      SELECT message_id, created_at FROM notifications
      WHERE user_id = owner.id AND ($4::int[] IS NULL OR application_id = ANY ($4)) AND ${beyond('message_id', 'newest')}
      ${sorted('message_id', 'newest')}) AS found`,
  );

/** Counts the notifications of applications $1 (null: all). */
export const countNotificationsStatement = sqlCount(
  'SELECT FROM notifications WHERE $1::int[] IS NULL OR application_id = ANY ($1)',
);

/** Counts the notifications of applications $1 (null: all) to each of users $2. */
export const countNotificationsOfUsersStatement = `
  SELECT owner.id AS "userId", total FROM unnest($2::text[]) AS owner (id) CROSS JOIN LATERAL (${sqlCount(`
    SELECT FROM notifications
    WHERE user_id = owner.id AND ($1::int[] IS NULL OR application_id = ANY ($1))`)}) AS own`;

/** Selects the first $3 users of the audience of each of campaigns $1 after user $2 (null: from the first). */
export const audiencesStatement = `
  SELECT campaign.id AS "campaignId", user_id AS "userId"
  FROM unnest($1::int[]) AS campaign (id) CROSS JOIN LATERAL (
    SELECT user_id FROM campaign_users
    WHERE campaign_id = campaign.id AND ($2::text IS NULL OR user_id > $2) ORDER BY user_id LIMIT $3) AS found
  ORDER BY 1, 2`;

/** Counts the audience of each of campaigns $1. */
export const countAudiencesStatement = `
  SELECT campaign.id, total FROM unnest($1::int[]) AS campaign (id)
    CROSS JOIN LATERAL (${sqlCount('SELECT FROM campaign_users WHERE campaign_id = campaign.id')}) AS own`;
