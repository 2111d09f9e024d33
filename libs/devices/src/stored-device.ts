import type { Device } from './device.entity';

export type StoredDevice = Omit<Device, 'application'>;

export const deviceColumns = `id, application_id AS "applicationId", platform, token, registered_at AS "registeredAt",
    retired_at AS "retiredAt", retired_reason AS "retiredReason"`;

/** By name, for a later release may add columns, of whatever names, while this one runs. */
const stored = [
  'id',
  'application_id',
  'platform',
  'token',
  'registered_at',
  'retired_at',
  'retired_reason',
];
export const storedColumns = stored.join(', ');
export const storedColumnsOf = (table: string) =>
  stored.map((column) => `${table}.${column}`).join(', ');
