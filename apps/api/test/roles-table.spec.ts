import { readFileSync } from 'node:fs';
import { rolePermissions, roles } from '@app/auth';
import { permissions } from '@app/core';

describe('the table of permissions in docs/authentication.md', () => {
  it('says what each role may', () => {
    const page = readFileSync('docs/authentication.md', 'utf8');
    const table = [...page.matchAll(/^\| `(\w+:\w+)` +\| [^|]+((?:\| [✓ ] +){4})\|$/gm)];
    expect(
      table.map(([, permission, ticks = '']) => [
        permission,
        ...ticks.replace(/\s/g, '').split('|').slice(1),
      ]),
    ).toEqual(
      permissions.map((permission) => [
        permission,
        ...roles.map((role) => (rolePermissions[role].includes(permission) ? '✓' : '')),
      ]),
    );
  });
});
