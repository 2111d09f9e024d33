import { DomainError, type Platform } from '@app/core';
import { canonicalToken, checkActivationId, checkUserId } from '@app/devices';
import type { EntityManager } from 'typeorm';
import type { ImportedApplications } from './import-applications';
import type { PowerAuthDatabase } from './powerauth-database';
import type { RegistrationRow } from './statements';
import type { Tally } from './tally';
import type { Write } from './write';

interface Registration {
  readonly applicationId: number;
  readonly platform: Platform;
  readonly token: string;
  /** Null: the device is its user's directly. */
  readonly activationId: string | null;
  readonly userId: string;
  readonly status: 'ACTIVE' | 'BLOCKED';
  readonly registeredAt: Date;
}

/** Since 1.10 a platform is named by its gateway. HMS we do not have. */
const platformsThere: Readonly<Record<string, Platform>> = {
  ios: 'ios',
  apns: 'ios',
  android: 'android',
  fcm: 'android',
};

/**
 * Brings devices, their users and activations. Whatever was registered or changed here since wins: the stored times are
 * those of the original, so a row that is as old as ours is ours, and a newer one is news.
 */
export async function importRegistrations(
  source: PowerAuthDatabase,
  applications: ImportedApplications,
  tally: Tally,
  write: Write,
  progress: (rows: number) => void,
): Promise<void> {
  for await (const batch of source.batches<RegistrationRow>('push_device_registration')) {
    const registrations = batch.flatMap((row) => {
      const read = registrationOf(row, applications);
      if (typeof read !== 'string') return [read];
      tally.refuse(row.id, read);
      return [];
    });
    const stored = await write((manager) => storeRegistrations(manager, registrations));
    tally.imported += stored;
    tally.present += registrations.length - stored;
    progress(batch.length);
  }
}

/** Or why it is refused. */
function registrationOf(
  row: RegistrationRow,
  applications: ImportedApplications,
): Registration | string {
  const application = applications.get(row.application);
  if (application === undefined) return 'its application is not imported';
  const platform = Object.hasOwn(platformsThere, row.platform)
    ? platformsThere[row.platform]
    : undefined;
  if (platform === undefined) return 'its platform is neither iOS nor Android';
  const { apnsEnvironment } = application;
  if (
    platform === 'ios' &&
    (row.environment === 'production' || row.environment === 'development') &&
    apnsEnvironment !== undefined &&
    apnsEnvironment !== row.environment
  ) {
    return `its token is for APNs ${row.environment}, its application for ${apnsEnvironment}`;
  }
  if (row.userId === null) return 'it has no user';
  try {
    return {
      applicationId: application.id,
      platform,
      token: canonicalToken(platform, row.token),
      activationId: row.activationId === null ? null : checkActivationId(row.activationId),
      userId: checkUserId(row.userId),
      status: row.isActive === true ? 'ACTIVE' : 'BLOCKED',
      registeredAt: row.registeredAt,
    };
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    return error.message;
  }
}

/** @returns how many are new or newer than here */
async function storeRegistrations(
  manager: EntityManager,
  read: readonly Registration[],
): Promise<number> {
  const newer = await manager.query<{ index: number }[]>(newerStatement, [
    read.map(({ activationId }) => activationId),
    read.map(({ registeredAt }) => registeredAt),
  ]);
  const rows = newer.flatMap(({ index }) => read[index] ?? []);
  const column = <Key extends keyof Registration>(key: Key) => rows.map((row) => row[key]);

  await manager.query(usersStatement, [column('userId')]);
  const device = [column('applicationId'), column('platform'), column('token')];
  await manager.query(devicesStatement, [...device, column('registeredAt')]);
  const stored = await manager.query<unknown[]>(activationsStatement, [
    column('applicationId'),
    column('token'),
    column('activationId'),
    column('userId'),
    column('status'),
    column('registeredAt'),
  ]);
  return stored.length;
}

/** An activation that is as old as the row but without a device lost it here: it does not come back. */
const newerStatement = `
  SELECT (number - 1)::int AS index
  FROM unnest($1::text[], $2::timestamptz[]) WITH ORDINALITY AS listed (activation_id, registered_at, number)
  WHERE NOT EXISTS (
    SELECT FROM activations
    WHERE id = activation_id
      AND (updated_at > registered_at OR (updated_at = registered_at AND device_id IS NULL)))`;

const usersStatement = `
  INSERT INTO users (id) SELECT DISTINCT id FROM unnest($1::text[]) AS id ORDER BY id ON CONFLICT DO NOTHING`;

const devicesStatement = `
  INSERT INTO devices (application_id, platform, token, registered_at)
  SELECT DISTINCT ON (1, 3) *
  FROM unnest($1::int[], $2::platform[], $3::text[], $4::timestamptz[]) AS listed (application, platform, token, at)
  ORDER BY 1, 3, at DESC
  ON CONFLICT (application_id, token) DO UPDATE
    SET platform = excluded.platform, registered_at = excluded.registered_at, retired_at = NULL, retired_reason = NULL
    WHERE excluded.registered_at > greatest(devices.registered_at, devices.retired_at)`;

/** A device without an activation gets the same one that registering it for its user would give it. */
const activationsStatement = `
  INSERT INTO activations (id, user_id, device_id, home_application_id, status, created_at, updated_at)
  SELECT DISTINCT ON (1) coalesce(activation_id, devices.id || ':' || user_id), user_id, devices.id,
    CASE WHEN activation_id IS NOT NULL THEN application END, status, at, at
  FROM unnest($1::int[], $2::text[], $3::text[], $4::text[], $5::activation_status[], $6::timestamptz[])
      AS listed (application, push_token, activation_id, user_id, status, at)
    JOIN devices ON application_id = application AND token = push_token
  ORDER BY 1, at DESC
  ON CONFLICT (id) DO UPDATE
    SET user_id = excluded.user_id, device_id = excluded.device_id, status = excluded.status,
      home_application_id = excluded.home_application_id, updated_at = excluded.updated_at
    WHERE excluded.updated_at >= activations.updated_at
      AND (excluded.user_id, excluded.device_id, excluded.status)
        IS DISTINCT FROM (activations.user_id, activations.device_id, activations.status)
  RETURNING 1`;
