import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ErrorKind } from '@app/core';
import { isPassing } from './passing';

const root = join(__dirname, '../../../..');

/** The refusals of the sources, each with its kind. */
const refusals = ['libs', 'apps/api/src']
  .flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && !name.endsWith('.spec.ts'))
      .map((name) => readFileSync(join(root, folder, name), 'utf8')),
  )
  .flatMap((text) => [...text.matchAll(/readonly kind = '(\w+)';\s+readonly code = '([A-Z_]+)';/g)])
  .map(([, kind, code]) => ({ kind: kind as ErrorKind, code: code ?? '' }));

/** They did nothing, and the next time it may be otherwise. */
const passing = new Set([
  'ACTIVATION_SOURCE_UNAVAILABLE',
  'ADDRESS_REFUSED',
  'BROWSER_REQUEST',
  'DATABASE_UNAVAILABLE',
  'FORBIDDEN',
  'INVALID_TOKEN',
  'PASSWORD_CHANGE_REQUIRED',
  'POWERAUTH_UNAVAILABLE',
  'RATE_LIMITED',
  'RATE_LIMITS_UNAVAILABLE',
  'SECRET_UNREADABLE',
  'STATEMENT_TIMEOUT',
  'TOO_MANY_OPERATIONS',
  'UNAUTHENTICATED',
]);

/** Nobody repeats them by a key: they are said by routes without keys, and over the socket. */
const keyless = new Set([
  'INVALID_CREDENTIALS',
  'INVALID_GRANT',
  'INVALID_JWT',
  'INVALID_REFRESH_TOKEN',
  'SERVER_STOPPING',
  'SIGNATURE_REQUIRED',
  'TOO_MANY_SUBSCRIPTIONS',
]);

describe('an answer', () => {
  it.each(refusals.filter(({ code }) => !keyless.has(code)))(
    'of $code is kept unless it may turn out otherwise',
    (refusal) => {
      expect(isPassing(refusal)).toBe(passing.has(refusal.code));
    },
  );

  it('of every code is looked at', () => {
    const found = refusals.map(({ code }) => code);
    expect(found.length).toBeGreaterThan(60);
    expect([...passing, ...keyless].filter((code) => !found.includes(code))).toEqual([]);
  });

  it.each([
    ['internal' as const, true],
    ['malformed' as const, false],
  ])('that is no refusal but %s is kept or not', (kind, may) => {
    expect(isPassing({ kind })).toBe(may);
  });
});
