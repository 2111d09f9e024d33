import type { PersonalRecords } from '@app/personal-data';

const theirs = 'user_id = $1 AND ($2::int[] IS NULL OR application_id = ANY ($2))';

/** What is kept of a person's push sessions: his address, and what his SDK told of itself. */
export const pushSessionRecords: PersonalRecords = {
  name: 'pushSessions',
  select: `SELECT to_jsonb(s) AS record FROM push_sessions s WHERE ${theirs} ORDER BY created_at, id`,
  erase: `DELETE FROM push_sessions WHERE ${theirs}`,
};
