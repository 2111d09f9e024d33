import { type Permission, permissions } from '@app/core';

export const roles = ['OWNER', 'ADMIN', 'EDITOR', 'VIEWER'] as const;

/** An operator's role decides what he may do. */
export type Role = (typeof roles)[number];

/** Stored operators have only their role's name, so a change here changes all of them. */
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
