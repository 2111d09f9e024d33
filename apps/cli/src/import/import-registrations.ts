import { DomainError, type Platform } from '@app/core';
import {
  canonicalToken,
  checkActivationId,
  type CheckedRegistration,
  checkUserId,
  storeRegistrations,
} from '@app/devices';
import type { EntityManager } from 'typeorm';
import type { ImportedApplications } from './import-applications';
import type { PowerAuthDatabase } from './powerauth-database';
import type { RegistrationRow } from './statements';
import type { Tally } from './tally';
import type { Write } from './write';

interface Registration extends CheckedRegistration {
  readonly applicationId: number;
  readonly registeredAt: Date;
}

/** Platforms by their names there: since 1.10 they are named by their gateways. We have no HMS. */
const platformsThere: Readonly<Record<string, Platform>> = {
  ios: 'ios',
  apns: 'ios',
  android: 'android',
  fcm: 'android',
};

/**
 * Imports devices, their users and activations. Whatever was registered or changed here since wins: the stored times
 * are those of the original, so a row that is as old as ours is ours, and a newer one is news.
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
    const stored = await write((manager) => storeNewer(manager, registrations));
    tally.imported += stored;
    tally.present += registrations.length - stored;
    progress(batch.length);
  }
}

/** Reads a registration, or the reason why it is refused. */
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
      activationId: row.activationId === null ? undefined : checkActivationId(row.activationId),
      userId: checkUserId(row.userId),
      status: row.isActive === true ? 'ACTIVE' : 'BLOCKED',
      registeredAt: row.registeredAt,
    };
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    return error.message;
  }
}

/** @returns how many registrations are new or newer than here */
async function storeNewer(manager: EntityManager, read: readonly Registration[]): Promise<number> {
  const newer = await manager.query<{ index: number }[]>(newerStatement, [
    read.map(({ activationId }) => activationId),
    read.map(({ registeredAt }) => registeredAt),
  ]);
  const oldestFirst = newer
    .flatMap(({ index }) => read[index] ?? [])
    .toSorted((one, other) => one.registeredAt.getTime() - other.registeredAt.getTime());
  let stored = 0;
  for (const id of new Set(oldestFirst.map(({ applicationId }) => applicationId))) {
    const ofOne = oldestFirst.filter(({ applicationId }) => applicationId === id);
    // What was somewhere else is taken as it is: each user's next registration takes the surplus away.
    const registrations = await storeRegistrations(manager, id, ofOne, { devicesPerUser: 0 });
    stored += registrations.filter((one) => one?.isPaired).length;
  }
  return stored;
}

/** Picks newer registrations. An activation as old as its row but without a device lost it here: it does not come back. */
const newerStatement = `
  SELECT (number - 1)::int AS index
  FROM unnest($1::text[], $2::timestamptz[]) WITH ORDINALITY AS listed (activation_id, registered_at, number)
  WHERE NOT EXISTS (
    SELECT FROM activations
    WHERE id = activation_id
      AND (updated_at > registered_at OR (updated_at = registered_at AND device_id IS NULL)))`;
