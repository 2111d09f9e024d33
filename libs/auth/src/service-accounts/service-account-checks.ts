import { isAddressOrRange } from '@app/core';
import { isPlainText } from '../proof/plain-text';
import { InvalidClientError } from '../machines/oauth-clients.errors';

const largestList = 200;

/** The form of an account's id. PaymentsGate's own samples look like UUIDs and are none. */
export const accountIdForm = /^[0-9A-Za-z-]{1,64}$/;

/** @throws InvalidClientError */
export function checkAccountId(id: string): string {
  if (accountIdForm.test(id)) return id;
  throw new InvalidClientError('accountId', 'wants 1 to 64 letters, digits or dashes');
}

/** @returns each address once, in order. @throws InvalidClientError */
export function checkAllowedIps(ips: readonly string[] | null): string[] | null {
  if (ips === null) return null;
  if (ips.length > 0 && ips.length <= largestList && ips.every(isAddressOrRange)) {
    return [...new Set(ips)].sort();
  }
  throw new InvalidClientError(
    'allowedIps',
    `wants 1 to ${largestList} addresses or CIDR ranges such as 10.0.0.0/8, or null for all`,
  );
}

/** @throws InvalidClientError */
export function checkExpiry(expiresAt: Date | null, now: Date): Date | null {
  if (expiresAt === null || expiresAt > now) return expiresAt;
  throw new InvalidClientError('expiresAt', 'wants a time in the future, or null');
}

/** @throws InvalidClientError */
export function checkReason(reason: string | undefined): string {
  const trimmed = reason?.trim();
  if (isPlainText(trimmed, 500)) return trimmed;
  throw new InvalidClientError(
    'reason',
    'wants 1 to 500 characters that say why the public key alone is enough',
  );
}
