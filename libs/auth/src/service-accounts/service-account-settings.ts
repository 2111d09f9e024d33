import { isLegacyCut } from './login-mode';
import type { ServiceAccount } from './service-account.entity';

/** What of an account may be changed, and is told in the audit trail. */
const settings = [
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
type Setting = (typeof settings)[number];
export type AccountSettings = Pick<ServiceAccount, Setting>;

export function pickSettings(
  account: AccountSettings,
  wanted: readonly Setting[] = settings,
): AccountSettings {
  return Object.fromEntries(
    wanted.map((name) => [name, account[name]]),
  ) as unknown as AccountSettings;
}

export function changedSettings(before: AccountSettings, after: AccountSettings): Setting[] {
  return settings.filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]));
}

/** Whether tokens from before would be good for more than the account is now. */
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

/** null stands for everything. */
function isNarrower<Item>(before: readonly Item[] | null, after: readonly Item[] | null): boolean {
  if (after === null) return false;
  return before === null || before.some((item) => !after.includes(item));
}
