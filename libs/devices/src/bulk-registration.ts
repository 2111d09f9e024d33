import { ApplicationNotFoundError, isApplicationId } from '@app/applications';
import type { AuditInput } from '@app/audit';
import { type Actor, DomainError, type Platform } from '@app/core';
import type { EntityManager } from 'typeorm';
import {
  holdApplicationStatement,
  pairActivationsStatement,
  pairUsersStatement,
  queueUpStatement,
  storeDevicesStatement,
  storeUsersStatement,
  usableActivationsStatement,
} from './bulk-registration.statements';
import { ActivationNotFoundError, InvalidDeviceError } from './devices.errors';
import { canonicalToken, checkUserId } from './push-token';

/** One device of a list, as it was given. */
export interface ListedDevice {
  readonly platform: Platform;
  readonly token: string;
  /** This or an activation that is known to us. */
  readonly userId?: string | null | undefined;
  readonly activationId?: string | null | undefined;
}

export type RegistrationOutcome =
  { readonly deviceId: string; readonly isNew: boolean } | { readonly error: DomainError };

export interface BulkRegistration {
  /** In the order of the list. */
  readonly outcomes: readonly RegistrationOutcome[];
  /** What was not so before, for the audit trail. */
  readonly changes: readonly AuditInput[];
}

interface StoredRow {
  readonly id: string;
  readonly token: string;
  readonly platform: Platform;
  readonly isNew: boolean;
  readonly isChanged: boolean;
  readonly retiredReason: string | null;
}

interface Pair {
  readonly deviceId: string;
  /** Of the user or the activation. */
  readonly name: string;
}

const nameOf = ({ deviceId, name }: Pair) => `${deviceId}:${name}`;

/**
 * Registers a list as if one after the other were: the last word about a token's platform, or an activation's device,
 * counts. Who is wrong hinders nobody else. Locks, in this order: devices, users, activations.
 * @throws ApplicationNotFoundError
 */
export async function registerList(
  { applicationIds }: Actor,
  applicationId: number,
  list: readonly ListedDevice[],
  manager: EntityManager,
): Promise<BulkRegistration> {
  await hold(applicationId, manager);
  const activationIds = list.flatMap(({ activationId }) => activationId ?? []);
  const usable = await usableActivations(activationIds, applicationIds, manager);
  const checked = list.map((device) => check(device, usable));
  const good = checked.filter((one) => 'token' in one);

  const platforms = new Map(good.map(({ token, platform }) => [token, platform]));
  const rows = await manager.query<StoredRow[]>(storeDevicesStatement, [
    applicationId,
    [...platforms.values()],
    [...platforms.keys()],
  ]);
  const stored = new Map(rows.map((row) => [row.token, row]));
  const paired = await pair(good, stored, manager);

  const changes: AuditInput[] = [];
  const seen = new Set<string>();
  const outcomes = checked.map((one): RegistrationOutcome => {
    if (one instanceof DomainError) return { error: one };
    const row = stored.get(one.token);
    if (row === undefined) throw new Error('A stored device is missing'); // one of ours
    const isFirst = !seen.has(row.id);
    seen.add(row.id);
    const isPaired = paired.delete(nameOf({ deviceId: row.id, name: one.name }));
    if (isPaired || (isFirst && row.isChanged)) {
      changes.push(changeOf(applicationId, one, row, isFirst));
    }
    return { deviceId: row.id, isNew: isFirst && row.isNew };
  });
  return { outcomes, changes };
}

interface CheckedDevice {
  readonly platform: Platform;
  readonly token: string;
  readonly isUser: boolean;
  /** The user's or the activation's. */
  readonly name: string;
}

async function hold(applicationId: number, manager: EntityManager): Promise<void> {
  if (!isApplicationId(applicationId)) throw new ApplicationNotFoundError(applicationId);
  await manager.query(queueUpStatement, [applicationId]);
  const found = await manager.query<unknown[]>(holdApplicationStatement, [applicationId]);
  if (found.length === 0) throw new ApplicationNotFoundError(applicationId);
}

async function usableActivations(
  ids: readonly string[],
  applicationIds: readonly number[] | undefined,
  manager: EntityManager,
): Promise<ReadonlySet<string>> {
  const possible = ids.filter((id) => !id.includes('\0'));
  if (possible.length === 0) return new Set();
  const rows = await manager.query<{ id: string }[]>(usableActivationsStatement, [
    possible,
    applicationIds ?? null,
  ]);
  return new Set(rows.map(({ id }) => id));
}

/** @returns why not, where it can't be registered */
function check(
  { platform, token, userId, activationId }: ListedDevice,
  usable: ReadonlySet<string>,
): CheckedDevice | DomainError {
  try {
    const place = { platform, token: canonicalToken(platform, token) };
    if (userId != null && activationId == null) {
      return { ...place, isUser: true, name: checkUserId(userId) };
    }
    if (activationId == null || userId != null) {
      throw new InvalidDeviceError('userId', 'or activationId is wanted, exactly one of them');
    }
    if (!usable.has(activationId)) throw new ActivationNotFoundError(activationId);
    return { ...place, isUser: false, name: activationId };
  } catch (error) {
    if (error instanceof DomainError) return error;
    throw error;
  }
}

/** @returns the pairs that were not so before */
async function pair(
  devices: readonly CheckedDevice[],
  stored: ReadonlyMap<string, StoredRow>,
  manager: EntityManager,
): Promise<Set<string>> {
  const users = new Map<string, Pair>();
  const activations = new Map<string, Pair>();
  for (const { token, isUser, name } of devices) {
    const one = { deviceId: stored.get(token)?.id ?? '', name };
    if (isUser) users.set(nameOf(one), one);
    else activations.set(name, one);
  }
  const changed = new Set<string>();
  const store = async (statement: string, pairs: ReadonlyMap<string, Pair>) => {
    if (pairs.size === 0) return;
    const list = [...pairs.values()];
    const rows = await manager.query<Pair[]>(statement, [
      list.map(({ deviceId }) => deviceId),
      list.map(({ name }) => name),
    ]);
    for (const row of rows) changed.add(nameOf(row));
  };
  if (users.size > 0) {
    await manager.query(storeUsersStatement, [[...users.values()].map(({ name }) => name)]);
  }
  await store(pairUsersStatement, users);
  await store(pairActivationsStatement, activations);
  return changed;
}

/** As a registration of its own leaves it. */
function changeOf(
  applicationId: number,
  { isUser, name }: CheckedDevice,
  { id, platform, retiredReason }: StoredRow,
  isFirst: boolean,
): AuditInput {
  return {
    action: 'device.register',
    target: `device:${id}`,
    applicationId,
    ...(isFirst && retiredReason !== null && { before: { retiredReason } }),
    after: { platform, ...(isUser ? { userId: name } : { activationId: name }) },
  };
}
