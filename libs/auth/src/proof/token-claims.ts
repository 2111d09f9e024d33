import { InvalidTokenError } from './auth.errors';
import { isPlainText } from './plain-text';
import type { TokenPolicy } from './token-policy';

type Claims = Readonly<Record<string, unknown>>;

/** The latest time in seconds since 1970, in the year 5138: a larger number is milliseconds, or a mistake. */
const latest = 1e11;

/** The times of RFC 7519 §4.1.4 to §4.1.6, in seconds. */
export interface TokenTimes {
  readonly exp: number;
  readonly nbf?: number;
  readonly iat?: number;
}

/** @throws InvalidTokenError unless the token is alive at `now`, in seconds since 1970 */
export function checkTimes(claims: Claims, policy: TokenPolicy, now: number): TokenTimes {
  const { skewSeconds, maxLifeSeconds = Infinity } = policy;
  const exp = timeOf(claims, 'exp', policy);
  const nbf = timeOf(claims, 'nbf', policy);
  const iat = timeOf(claims, 'iat', policy);
  if (exp === undefined) throw new InvalidTokenError('It has no exp');
  if (exp <= now - skewSeconds) throw new InvalidTokenError('It has expired');
  if (nbf !== undefined && nbf > now + skewSeconds)
    throw new InvalidTokenError('It is not valid yet');
  if (iat !== undefined && iat > now + skewSeconds)
    throw new InvalidTokenError('Its iat is to come');
  if (iat !== undefined && exp <= iat) throw new InvalidTokenError('It ended before it began');
  // Without iat it was made by a clock that may be ahead of ours.
  if (exp - (iat ?? now + skewSeconds) > maxLifeSeconds)
    throw new InvalidTokenError('It lives too long');
  return { exp, ...(nbf !== undefined && { nbf }), ...(iat !== undefined && { iat }) };
}

function timeOf(claims: Claims, name: string, { milliseconds }: TokenPolicy): number | undefined {
  const value = claims[name];
  if (value === undefined) return undefined;
  if (typeof value !== 'number') throw new InvalidTokenError(`${name} is not a number`);
  const isMilliseconds = milliseconds === true && value >= latest && value < latest * 1000;
  const seconds = isMilliseconds ? value / 1000 : value;
  if (seconds > 0 && seconds < latest) return seconds;
  throw new InvalidTokenError(`${name} is not a time in seconds`);
}

/** @throws InvalidTokenError unless issuer, audience and identity claims are as the policy wants them */
export function checkIdentity(claims: Claims, { issuer, audience, required }: TokenPolicy): void {
  for (const name of required) {
    if (claims[name] === undefined) throw new InvalidTokenError(`It has no ${name}`);
  }
  for (const name of ['iss', 'sub', 'jti', ...required]) {
    if (claims[name] !== undefined && !isPlainText(claims[name], 255)) {
      throw new InvalidTokenError(`${name} is not plain text`);
    }
  }
  if (issuer !== undefined && claims.iss !== issuer) {
    throw new InvalidTokenError('The issuer is another');
  }
  checkAudience(claims.aud, audience);
}

/** Wants a single text unless a list is allowed: any of several audiences could use the token with another. RFC 7523bis */
function checkAudience(aud: unknown, wanted: TokenPolicy['audience']): void {
  if (aud === undefined) {
    if (wanted === undefined || wanted.optional === true) return;
    throw new InvalidTokenError('It has no aud');
  }
  const given: readonly unknown[] = Array.isArray(aud) ? aud : [aud];
  if (given.length > 10 || !given.every((one) => isPlainText(one, 255))) {
    throw new InvalidTokenError('aud is not plain text');
  }
  if (wanted === undefined) return;
  if (Array.isArray(aud) && wanted.list !== true) throw new InvalidTokenError('aud is a list');
  if (!wanted.oneOf.some((one) => given.includes(one))) {
    throw new InvalidTokenError('The audience is another');
  }
}
