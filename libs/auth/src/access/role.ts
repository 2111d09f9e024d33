import { type Permission, permissions } from '@app/core';

export const roles = ['OWNER', 'ADMIN', 'EDITOR', 'VIEWER'] as const;

/** What an operator is here; decides what he may. */
export type Role = (typeof roles)[number];

/** Stored operators have their role's name only, so a change here is one for all of them. */
export const rolePermissions: Readonly<Record<Role, readonly Permission[]>> = {
  OWNER: permissions,
  ADMIN: permissions.filter((permission) => permission !== 'operators:write'),
  EDITOR: [
    'applications:read',
    'devices:read',
    'devices:write',
    'messages:send',
    'campaigns:read',
    'campaigns:write',
    'campaigns:send',
  ],
  VIEWER: ['applications:read', 'devices:read', 'campaigns:read'],
};
