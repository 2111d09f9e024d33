import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { addressBlock, DomainError, type ErrorKind, RateLimitedError } from '@app/core';
import { Injectable } from '@nestjs/common';
import { RateLimiterPostgres, type RateLimiterRes } from 'rate-limiter-flexible';
import { DataSource } from 'typeorm';
import { RateLimitsUnavailableError } from './rate-limits.errors';

/** The names of all limits. */
export type RateLimit =
  | 'login'
  | 'login-email'
  | 'assertion'
  | 'service-account'
  | 'challenge'
  | 'challenge-space'
  | 'session';

interface Allowance {
  /** Attempts allowed per minute. */
  readonly attempts: number;
  /** Whether each further block of a key within a day lasts twice as long, up to an hour. */
  readonly grows?: true;
}

const allowances: Readonly<Record<RateLimit, Allowance>> = {
  /** Counts failures of an address. */
  login: { attempts: 10 },
  /** Counts failures of an e-mail, from addresses at which its operator has never been. */
  'login-email': { attempts: 30 },
  /** Counts failures of an address. */
  assertion: { attempts: 30 },
  /** Counts failures of an account at an address. */
  'service-account': { attempts: 10, grows: true },
  /** Counts attempts of an address, which many phones of one carrier share. */
  challenge: { attempts: 600 },
  /** Counts attempts in an apiSpace. */
  'challenge-space': { attempts: 6_000 },
  /** Counts failures of an address. */
  session: { attempts: 30 },
};

const windowSeconds = 60;
const longestBlockSeconds = 3_600;
const blocksAreKeptSeconds = 86_400;

/** How long attempts that a caller makes at once wait for each other, where only all of them failing is too many. */
const patienceMs = 5_000;
const pollMs = 20;

/** The points of one failure. A counter's lower digits count the attempts; see `Tally`. */
const failure = 2 ** 20;

/** The errors that tell a caller that his guess was wrong. */
const failures: ReadonlySet<ErrorKind> = new Set(['unauthenticated', 'invalid', 'forbidden']);

/** Counts attempts for all API processes together, in fixed windows of a minute. */
@Injectable()
export class RateLimits {
  private readonly counters: RateLimiterPostgres;

  constructor(dataSource: DataSource) {
    this.counters = new RateLimiterPostgres({
      storeClient: dataSource,
      storeType: 'typeorm',
      tableName: 'rate_limits',
      tableCreated: true,
      keyPrefix: '',
      points: 0, // It only counts; how much is too much is decided here.
      duration: windowSeconds,
      clearExpiredByTimeout: true, // by a timer that keeps no process alive
    });
  }

  /** Counts one attempt. @param key as of `guard` @throws RateLimitedError, RateLimitsUnavailableError */
  async take(limit: RateLimit, key: string): Promise<void> {
    const count = await this.count(counterOf(limit, key), 1);
    if (count.consumedPoints > allowances[limit].attempts) throw refusal(count);
  }

  /**
   * Counts only attempts that fail with a DomainError of kind unauthenticated, invalid or forbidden; while too many
   * have failed none is made. Of those at once no more are under way than may still fail: the others wait their turn.
   * @param key e.g. an account and an address, with | between; an address counts as its block
   * @throws RateLimitedError, RateLimitsUnavailableError, or what the attempt throws
   */
  async guard<Result>(
    limit: RateLimit,
    key: string,
    attempt: () => Promise<Result>,
  ): Promise<Result> {
    const counter = counterOf(limit, key);
    await this.reserve(limit, counter);
    let failed = false;
    try {
      return await attempt();
    } catch (error) {
      failed = error instanceof DomainError && failures.has(error.kind);
      throw error;
    } finally {
      await (failed ? this.fail(limit, counter) : this.count(counter, -1));
    }
  }

  private async reserve(limit: RateLimit, counter: string): Promise<void> {
    const { attempts } = allowances[limit];
    for (let waitedMs = 0; ; waitedMs += pollMs) {
      const count = await this.count(counter, 1);
      const { attempted, failed } = tallyOf(count);
      if (failed >= attempts) throw refusal(count);
      if (attempted <= attempts) return;
      await this.count(counter, -1);
      if (waitedMs >= patienceMs) throw new RateLimitedError(1);
      await sleep(pollMs);
    }
  }

  /** Keeps the attempt counted and counts it as a failure. */
  private async fail(limit: RateLimit, counter: string): Promise<void> {
    const { attempts, grows } = allowances[limit];
    const { failed } = tallyOf(await this.count(counter, failure));
    if (grows === undefined || failed !== attempts) return;
    const { consumedPoints: blocks } = await this.count(
      `${counter}:blocks`,
      1,
      blocksAreKeptSeconds,
    );
    const blockSeconds = Math.min(windowSeconds * 2 ** (blocks - 1), longestBlockSeconds);
    await orUnavailable(this.counters.set(counter, failed * failure + attempts, blockSeconds));
  }

  private count(counter: string, points: number, seconds = windowSeconds): Promise<RateLimiterRes> {
    return orUnavailable(this.counters.penalty(counter, points, { customDuration: seconds }));
  }
}

/** The meaning of a counter's points. */
interface Tally {
  /** Attempts that failed or are under way: those that succeed are taken off again. */
  readonly attempted: number;
  readonly failed: number;
}

function tallyOf({ consumedPoints }: RateLimiterRes): Tally {
  // Rounded: an attempt that succeeds after its window has ended leaves the new one with an attempt less than none.
  const failed = Math.round(consumedPoints / failure);
  return { failed, attempted: consumedPoints - failed * failure };
}

/** Makes the key of a counter. Hashing keeps it short and plain enough for the table, and e-mails out of it. */
function counterOf(limit: RateLimit, key: string): string {
  const counted = key.split('|').map(addressBlock).join('|');
  return `${limit}:${createHash('sha256').update(counted).digest('base64url')}`;
}

function refusal({ msBeforeNext }: RateLimiterRes): RateLimitedError {
  return new RateLimitedError(Math.max(1, Math.ceil(msBeforeNext / 1000)));
}

async function orUnavailable<Result>(work: Promise<Result>): Promise<Result> {
  try {
    return await work;
  } catch (error) {
    throw new RateLimitsUnavailableError(error);
  }
}
