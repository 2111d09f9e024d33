import type { Config, Permission } from '@app/core';
import type { LoginMode, ServiceAccount } from './service-account.entity';
import { checkReason } from './service-account-checks';
import { InvalidClientError } from '../machines/oauth-clients.errors';

export interface LoginModeChange {
  readonly mode: LoginMode;
  /** The reason why the public key alone is enough; needed unless it was given before. */
  readonly reason?: string | undefined;
  /**
   * When the public key alone stops being enough. With `legacy_public_key` 90 days when absent, at most a year. With
   * `signed` it is set only when given, so that both ways work while the clients are changed.
   */
  readonly until?: Date | undefined;
}

/** The login mode of an account. */
export type LoginModeState = Pick<ServiceAccount, 'loginMode' | 'legacyReason' | 'legacyUntil'>;

const dayMs = 86_400_000;
const defaultLegacyDays = 90;
const longestLegacyDays = 365;

/** Permissions that are too much for whoever has seen a public key. */
const tooMuch: ReadonlySet<Permission> = new Set([
  'clients:read',
  'clients:write',
  'keys:read',
  'keys:write',
  'operators:write',
  'credentials:write',
  'audit:read',
]);

/** Tells whether the public key alone lets the account in. */
export function isKeyEnough({ loginMode, legacyUntil }: LoginModeState, now: Date): boolean {
  return loginMode !== 'assertion_only' && legacyUntil !== null && legacyUntil > now;
}

/** Tells whether tokens given for the public key alone must end. */
export function isLegacyCut(before: LoginModeState, after: LoginModeState): boolean {
  return (before.legacyUntil?.getTime() ?? 0) > (after.legacyUntil?.getTime() ?? 0);
}

/** @throws InvalidClientError */
export function nextLoginMode(
  { legacyReason }: LoginModeState,
  { mode, reason, until }: LoginModeChange,
  now: Date,
): LoginModeState {
  const isLegacy = mode === 'legacy_public_key';
  if (!isLegacy && (mode !== 'signed' || until === undefined)) {
    if (until === undefined) return { loginMode: mode, legacyReason: null, legacyUntil: null };
    throw new InvalidClientError('until', `does not go with the mode ${mode}`);
  }
  const legacyUntil = until ?? new Date(now.getTime() + defaultLegacyDays * dayMs);
  const aheadMs = legacyUntil.getTime() - now.getTime();
  if (!(aheadMs > 0 && aheadMs <= longestLegacyDays * dayMs)) {
    throw new InvalidClientError('until', `wants a time in ${longestLegacyDays} days`);
  }
  return {
    loginMode: mode,
    legacyReason: checkReason(reason ?? legacyReason ?? undefined),
    legacyUntil,
  };
}

/** @throws InvalidClientError unless the public key alone may let the account in */
export function assertModest(
  { scopes, allowedIps }: Pick<ServiceAccount, 'scopes' | 'allowedIps'>,
  { allowUnrestrictedLegacyLogin }: Pick<Config, 'allowUnrestrictedLegacyLogin'>,
): void {
  const scope = scopes.find((one) => tooMuch.has(one));
  if (scope !== undefined) {
    throw new InvalidClientError(
      'scopes',
      `must not hold ${scope} while the public key alone lets the account in`,
    );
  }
  if (allowedIps === null && !allowUnrestrictedLegacyLogin) {
    throw new InvalidClientError(
      'allowedIps',
      'must limit the addresses while the public key alone lets the account in',
    );
  }
}
