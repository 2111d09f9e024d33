import { AddressList } from '@app/core';
import type { EntityManager } from 'typeorm';
import type { ServiceAccount } from './service-account.entity';

/** Says, for log and audit trail, why an account gets no token now; undefined when it may. */
export function obstacleOf(
  { blockedAt, expiresAt, allowedIps }: ServiceAccount,
  address: string | undefined,
  now: Date,
): string | undefined {
  if (blockedAt !== null) return 'The account is blocked';
  if (expiresAt !== null && expiresAt <= now) return 'The account has expired';
  if (allowedIps === null) return undefined;
  const isAllowed = address !== undefined && new AddressList(allowedIps).has(address);
  return isAllowed ? undefined : 'The account does not allow this address';
}

/**
 * Keeps others from blocking the account, or ending its tokens otherwise, until the transaction ends.
 * @returns false when somebody has since it was read
 */
export async function hold(
  { id, tokensValidAfter }: ServiceAccount,
  manager: EntityManager,
): Promise<boolean> {
  const held = await manager.query<unknown[]>(
    `SELECT 1 FROM service_accounts
     WHERE id = $1 AND tokens_valid_after IS NOT DISTINCT FROM $2::timestamptz FOR SHARE`,
    [id, tokensValidAfter],
  );
  return held.length > 0;
}
