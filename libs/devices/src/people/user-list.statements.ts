import { Rows } from '@app/core';
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

/**
 * Selects the users whom applications $1 know, by two walks through indexes by user, of devices and of profiles, each
 * as long as the page: one cursor and one limit serve both. Of a small application, the planner goes by its devices
 * instead.
 */
export const usersStatement = `
  SELECT ${userRows.select} FROM ${knownUsers} WHERE id IN (
    (SELECT DISTINCT user_id FROM activations JOIN devices ON devices.id = device_id
     WHERE application_id = ANY ($1::int[]) AND ($2::text IS NULL OR user_id > $2) ORDER BY user_id LIMIT $3)
    UNION
    (SELECT DISTINCT found.user_id FROM unnest($1::int[]) AS reached (id) CROSS JOIN LATERAL (
       SELECT user_id FROM profiles
       WHERE application_id <= reached.id AND (application_id, user_id) > (reached.id, coalesce($2::text, ''))
       ORDER BY application_id, user_id LIMIT $3) AS found
     ORDER BY 1 LIMIT $3))
  ORDER BY id LIMIT $3`;

const hasEmail = `
    SELECT user_id FROM profiles
    WHERE application_id = ANY (coalesce($1::int[], ARRAY(SELECT id FROM applications))) AND email = $4`;

/** Selects the users of applications $1 (null: all) whose profile there has the e-mail $4. */
export const usersByEmailStatement = `
  SELECT ${userRows.select} FROM ${knownUsers}
  WHERE id IN (${hasEmail}) AND ($2::text IS NULL OR id > $2) ORDER BY id LIMIT $3`;

export const countAllUsersStatement = 'SELECT count(*)::int AS total FROM users';

export const countUsersStatement = `
  SELECT count(*)::int AS total FROM (
    SELECT user_id FROM activations JOIN devices ON devices.id = device_id WHERE application_id = ANY ($1::int[])
    UNION SELECT user_id FROM profiles WHERE application_id = ANY ($1::int[])) AS known`;

export const countUsersByEmailStatement = `
  SELECT count(DISTINCT user_id)::int AS total FROM (${hasEmail.replace('$4', '$2')}) AS known`;
