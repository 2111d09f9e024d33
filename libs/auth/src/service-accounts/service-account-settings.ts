import { isLegacyCut } from './login-mode';
import type { ServiceAccount } from './service-account.entity';

/** The settings of an account that may be changed, and are told in the audit trail. */
export const accountSettings = [
  'name',
  'scopes',
  'applicationIds',
  'loginMode',
  'legacyReason',
  'legacyUntil',
  'allowedIps',
  'expiresAt',
  'blockedAt',
] as const;
export type AccountSettings = Pick<ServiceAccount, (typeof accountSettings)[number]>;

/** Tells whether tokens from before would be good for more than the account is now. */
export function endsTokens(before: AccountSettings, after: AccountSettings): boolean {
  return (
    before.loginMode !== after.loginMode ||
    isLegacyCut(before, after) ||
    // Also when it is unblocked, for a login may have been under way when it was blocked.
    before.blockedAt !== after.blockedAt ||
    isNarrower(before.scopes, after.scopes) ||
    isNarrower(before.applicationIds, after.applicationIds) ||
    isNarrower(before.allowedIps, after.allowedIps)
  );
}

/** Tells whether a list lost an item; null stands for everything. */
function isNarrower<Item>(before: readonly Item[] | null, after: readonly Item[] | null): boolean {
  if (after === null) return false;
  return before === null || before.some((item) => !after.includes(item));
}
