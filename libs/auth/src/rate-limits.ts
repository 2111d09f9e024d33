import { Injectable } from '@nestjs/common';

/** The limits that there are, by name; each has its number of attempts and its window in rate-limits.ts. */
export type RateLimit = 'login' | 'assertion' | 'service-account' | 'challenge' | 'session';

/** Counts attempts for all API processes together. */
@Injectable()
export class RateLimits {
  /** Counts one attempt. @param key e.g. the address @throws RateLimitedError */
  take(_limit: RateLimit, _key: string): Promise<void> {
    throw new Error('Not yet');
  }

  /**
   * Counts only attempts that fail with a DomainError of kind unauthenticated, invalid or forbidden; while too many
   * have failed none is made. @throws RateLimitedError, or what the attempt throws
   */
  guard<Result>(_limit: RateLimit, _key: string, attempt: () => Promise<Result>): Promise<Result> {
    return attempt();
  }
}
