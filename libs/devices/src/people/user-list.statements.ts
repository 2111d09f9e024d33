import { mostCounted, Rows, sqlCount } from '@app/core';
import { User } from './user.entity';

export const userRows = Rows.of(User, 'users');

/** Tells whether a user is known in one of applications $1 (null: all that there are), by a device or a profile. */
const isReached = `($1::int[] IS NULL
    OR EXISTS (SELECT FROM activations JOIN devices ON devices.id = device_id
      WHERE user_id = users.id AND application_id = ANY ($1))
    OR EXISTS (SELECT FROM profiles WHERE user_id = users.id AND application_id = ANY ($1)))`;

/**
 * The users, as known since when applications $1 know them (null: any): that another has known one for longer is not
 * theirs to learn.
 */
const knownUsers = `(SELECT id, CASE WHEN $1::int[] IS NULL THEN created_at ELSE
      least((SELECT min(activations.created_at) FROM activations JOIN devices ON devices.id = device_id
          WHERE user_id = users.id AND application_id = ANY ($1)),
        (SELECT min(created_at) FROM profiles WHERE user_id = users.id AND application_id = ANY ($1))) END AS created_at
    FROM users) AS users`;

/** Selects users $2, in no order, or those of them whose profile in one of applications $1 has the e-mail $3. */
export const findUsersStatement = `
  SELECT ${userRows.select} FROM ${knownUsers} WHERE id = ANY ($2::text[]) AND ${isReached}
    AND ($3::text IS NULL OR EXISTS (SELECT FROM profiles
      WHERE user_id = users.id AND email = $3 AND ($1::int[] IS NULL OR application_id = ANY ($1))))`;

/** Selects $2 users after user $1 (null: from the first), of all. */
export const allUsersStatement = `
  SELECT ${userRows.select} FROM users WHERE $1::text IS NULL OR id > $1 ORDER BY id LIMIT $2`;

/** Selects the first users whom applications know, after one of them, by two walks. */
const usersOf = (applications: string, after: string, limit: string) => `
    (SELECT DISTINCT user_id FROM activations JOIN devices ON devices.id = device_id
     WHERE application_id = ANY (${applications}::int[]) AND (${after}::text IS NULL OR user_id > ${after})
     ORDER BY user_id LIMIT ${limit})
    UNION
    (SELECT DISTINCT found.user_id FROM unnest(${applications}::int[]) AS reached (id) CROSS JOIN LATERAL (
       SELECT user_id FROM profiles
       WHERE application_id <= reached.id AND (application_id, user_id) > (reached.id, coalesce(${after}::text, ''))
       ORDER BY application_id, user_id LIMIT ${limit}) AS found
     ORDER BY 1 LIMIT ${limit})`;

/**
 * Selects the users whom applications $1 know, by two walks through indexes by user, of devices and of profiles, each
 * as long as the page: one cursor and one limit serve both. Of a small application, the planner goes by its devices
 * instead.
 */
export const usersStatement = `
  SELECT ${userRows.select} FROM ${knownUsers} WHERE id IN (${usersOf('$1', '$2', '$3')})
  ORDER BY id LIMIT $3`;

const hasEmail = `
    SELECT user_id FROM profiles
    WHERE application_id = ANY (coalesce($1::int[], ARRAY(SELECT id FROM applications))) AND email = $4`;

/** Selects the users of applications $1 (null: all) whose profile there has the e-mail $4. */
export const usersByEmailStatement = `
  SELECT ${userRows.select} FROM ${knownUsers}
  WHERE id IN (${hasEmail}) AND ($2::text IS NULL OR id > $2) ORDER BY id LIMIT $3`;

export const countAllUsersStatement = sqlCount('SELECT FROM users');

/**
 * Counts the users of applications $1 by the same two walks as `usersStatement`, in the order of users, so that each
 * ends with the count.
 */
export const countUsersStatement = sqlCount(usersOf('$1', 'NULL', String(mostCounted + 1)));

export const countUsersByEmailStatement = sqlCount(
  `SELECT DISTINCT user_id FROM (${hasEmail.replace('$4', '$2')}) AS known`,
);
