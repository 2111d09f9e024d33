import { InvalidTokenError } from '@app/auth';
import { type DomainError, ForbiddenError, RateLimitedError } from '@app/core';

/** What is away for a moment may be back by then. */
const awaySeconds = 5;

/** The headers that go with a refusal, whatever form its body has: RFC 6750 §3 and RFC 9110 §10.2.3. */
export function refusalHeaders(error: DomainError): Readonly<Record<string, string>> {
  if (error instanceof RateLimitedError) return { 'retry-after': String(error.retryAfterSeconds) };
  if (error.kind === 'unavailable') return { 'retry-after': String(awaySeconds) };
  if (error instanceof ForbiddenError) {
    const challenge = `Bearer error="insufficient_scope", scope="${error.permission}"`;
    return { 'www-authenticate': challenge };
  }
  if (error instanceof InvalidTokenError) {
    return { 'www-authenticate': 'Bearer error="invalid_token"' };
  }
  // Who came without a token learns the scheme only.
  return error.kind === 'unauthenticated' ? { 'www-authenticate': 'Bearer' } : {};
}
