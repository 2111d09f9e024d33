import { isApplicationId } from '@app/applications';
import { isAddressOrRange, type Permission, permissions } from '@app/core';
import { InvalidClientError } from './oauth-clients.errors';
import { isPlainText } from '../proof/plain-text';

/** The longest life of an assertion, a year: how long a stolen one is good. Xtremepush's sample lives 231 days. */
const longestAssertionSeconds = 31_536_000;

const largestList = 1000;
const mostAddresses = 200;

/** @throws InvalidClientError */
export function checkClientId(id: string): string {
  if (/^[0-9A-Za-z._-]{1,64}$/.test(id)) return id;
  throw new InvalidClientError(
    'clientId',
    'wants 1 to 64 letters, digits, dots, dashes or underscores',
  );
}

/** @throws InvalidClientError */
export function checkName(name: string): string {
  const trimmed = name.trim();
  if (isPlainText(trimmed, 200)) return trimmed;
  throw new InvalidClientError('name', 'wants 1 to 200 characters');
}

/** @returns the scopes in the order of `permissions`, each once. @throws InvalidClientError */
export function checkScopes(scopes: readonly string[]): Permission[] {
  const unknown = scopes.find((scope) => !permissions.some((known) => known === scope));
  if (unknown === undefined && scopes.length > 0) {
    return permissions.filter((known) => scopes.includes(known));
  }
  throw new InvalidClientError('scopes', `wants one or more of ${permissions.join(', ')}`);
}

/** @returns the ids in ascending order, each once. @throws InvalidClientError */
export function checkApplicationIds(ids: readonly number[] | null): number[] | null {
  if (ids === null) return null;
  if (ids.length > 0 && ids.length <= largestList && ids.every(isApplicationId)) {
    return [...new Set(ids)].sort((a, b) => a - b);
  }
  throw new InvalidClientError(
    'applicationIds',
    `wants 1 to ${largestList} applications, or null for all`,
  );
}

/** @throws InvalidClientError */
export function checkMaxAssertionSeconds(seconds: number): number {
  if (Number.isInteger(seconds) && seconds >= 60 && seconds <= longestAssertionSeconds)
    return seconds;
  throw new InvalidClientError(
    'maxAssertionSeconds',
    `wants a whole number from 60 to ${longestAssertionSeconds}`,
  );
}

/** @returns each address once, in order. @throws InvalidClientError */
export function checkAllowedIps(ips: readonly string[] | null): string[] | null {
  if (ips === null) return null;
  if (ips.length > 0 && ips.length <= mostAddresses && ips.every(isAddressOrRange)) {
    return [...new Set(ips)].sort();
  }
  throw new InvalidClientError(
    'allowedIps',
    `wants 1 to ${mostAddresses} addresses or CIDR ranges such as 10.0.0.0/8, or null for all`,
  );
}

/** @throws InvalidClientError */
export function checkExpiry(expiresAt: Date | null, now: Date): Date | null {
  if (expiresAt === null || expiresAt > now) return expiresAt;
  throw new InvalidClientError('expiresAt', 'wants a time in the future, or null');
}
