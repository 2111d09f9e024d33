import type { PersonalRecords } from '@app/personal-data';
import { isBeyond } from './registration/registration.statements';

const theirActivations = `activations LEFT JOIN devices ON devices.id = device_id
    WHERE user_id = $1 AND NOT ${isBeyond('$2::int[]')}`;

const theirProfiles = 'user_id = $1 AND ($2::int[] IS NULL OR application_id = ANY ($2))';

/** What is kept of a person: devices and their pairings, profiles, and that there is such a user. */
export const personRecords: readonly PersonalRecords[] = [
  {
    name: 'devices',
    select: `
      SELECT to_jsonb(d) AS record FROM devices d
      WHERE id IN (SELECT device_id FROM ${theirActivations}) ORDER BY id`,
    // Devices are locked before activations, as registrations do. One that somebody else uses too stays his.
    erase: `
      WITH held AS (
        SELECT id FROM devices WHERE id IN (SELECT device_id FROM ${theirActivations}) ORDER BY id FOR UPDATE
      ), unpaired AS (
        DELETE FROM activations
        WHERE id IN (SELECT activations.id FROM ${theirActivations}) AND (SELECT count(*) FROM held) >= 0
      )
      DELETE FROM devices WHERE id IN (SELECT id FROM held)
        AND NOT EXISTS (SELECT FROM activations WHERE device_id = devices.id AND user_id <> $1)`,
  },
  {
    name: 'activations',
    select: `
      SELECT to_jsonb(a) AS record FROM activations a
      WHERE id IN (SELECT activations.id FROM ${theirActivations}) ORDER BY created_at, id`,
    erase: `DELETE FROM activations WHERE id IN (SELECT activations.id FROM ${theirActivations})`,
  },
  {
    name: 'profiles',
    select: `SELECT to_jsonb(p) AS record FROM profiles p WHERE ${theirProfiles} ORDER BY application_id`,
    erase: `DELETE FROM profiles WHERE ${theirProfiles}`,
  },
  {
    name: 'users',
    // Since when one is known is told to those of all applications alone: another one may know him for longer.
    select: `
      SELECT jsonb_build_object('id', id) || CASE WHEN $2::int[] IS NULL
        THEN jsonb_build_object('created_at', created_at) ELSE '{}' END AS record
      FROM users u WHERE id = $1 AND ($2::int[] IS NULL
        OR EXISTS (SELECT FROM ${theirActivations}) OR EXISTS (SELECT FROM profiles WHERE ${theirProfiles}))`,
    isShared: true,
    erase: `
      DELETE FROM users WHERE id = $1 AND NOT EXISTS (SELECT FROM activations WHERE user_id = $1)
        AND NOT EXISTS (SELECT FROM profiles WHERE user_id = $1)`,
  },
];
