import { type Actor, type Platform, preparedQuery } from '@app/core';
import type { EntityManager } from 'typeorm';
import type { ActivationStatus } from '../device/activation.entity';
import { deviceRows } from '../device/device-rows';
import type { Device } from '../device/device.entity';
import { registerFewStatement, registerManyStatement } from './registration.statements';

/** A registration whose input is checked. */
export interface CheckedRegistration {
  /** The actor whom the audit trail names; it tells nothing of a registration without one. */
  readonly actor?: Actor | undefined;
  readonly platform: Platform;
  readonly token: string;
  /** The user whom the device goes to, … */
  readonly userId?: string | undefined;
  /** … or the activation. It has to be known, unless user and status are given as well. */
  readonly activationId?: string | undefined;
  readonly status?: ActivationStatus | undefined;
  /** When it was registered elsewhere; what was registered or changed here since wins. */
  readonly registeredAt?: Date | undefined;
}

export interface StoredRegistration {
  readonly device: Device;
  /** Whether nothing before it in the list, nor an earlier call, had registered this device. */
  readonly isNew: boolean;
  /** Whether its user or activation did not have this device before. */
  readonly isPaired: boolean;
  /** Whether anything is otherwise than before it: the device, or whose it is. */
  readonly isChanged: boolean;
}

/** What bounds registrations. */
export interface RegistrationBounds {
  /** The most live devices that a user keeps in an application, of which the oldest give way; 0 for any number. */
  readonly devicesPerUser: number;
  /** The only applications whose activations may be named. */
  readonly reach?: readonly number[] | undefined;
}

/** The longest list that a plan for lists of any length serves well; longer ones are planned for themselves. */
const fewEnough = 100;

/**
 * Registers a list in one statement, as if one after the other: the last word about a token's platform, or an activation's
 * device, counts.
 * @returns in the order of the list; undefined for an activation that is not there, for all where the application is not
 */
export async function storeRegistrations(
  manager: EntityManager,
  applicationId: number,
  list: readonly CheckedRegistration[],
  { devicesPerUser, reach }: RegistrationBounds,
): Promise<(StoredRegistration | undefined)[]> {
  const values = [
    applicationId,
    list.map(({ actor }) => actor?.kind ?? null),
    list.map(({ actor }) => actor?.id ?? null),
    list.map(({ actor }) => actor?.address ?? null),
    list.map(({ platform }) => platform),
    list.map(({ token }) => token),
    list.map(({ userId }) => userId ?? null),
    list.map(({ activationId }) => activationId ?? null),
    list.map(({ status }) => status ?? null),
    list.map(({ registeredAt }) => registeredAt ?? null),
    reach ?? null,
    devicesPerUser,
  ];
  const rows =
    list.length > fewEnough
      ? await manager.query<Row[]>(registerManyStatement, values)
      : await preparedQuery<Row>(manager, registerFewStatement, values);
  const stored = new Map(
    rows.map((row) => {
      const { number, isNew, isPaired, isChanged } = row;
      return [number, { device: deviceRows.read(row), isNew, isPaired, isChanged }];
    }),
  );
  return list.map((_, index) => stored.get(index + 1));
}

/** What a row has beside the device's columns. */
type Row = Omit<StoredRegistration, 'device'> & {
  /** The place in the list, from 1. */
  readonly number: number;
};
