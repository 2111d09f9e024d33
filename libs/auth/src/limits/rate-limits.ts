import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  addressBlock,
  addressSite,
  DomainError,
  type ErrorKind,
  RateLimitedError,
} from '@app/core';
import { Injectable } from '@nestjs/common';
import { RateLimiterPostgres, type RateLimiterRes } from 'rate-limiter-flexible';
import { DataSource } from 'typeorm';
import { RateLimitsUnavailableError } from './rate-limits.errors';

/** The names of all limits. */
export type RateLimit =
  | 'login'
  | 'login-email'
  | 'login-device'
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
  /** Counts failures at a device from which its operator has logged in before, and nothing else does there. */
  'login-device': { attempts: 10 },
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

/**
 * How many blocks of addresses together may do what the limit allows each: the site of an IPv6 address, a /48, has
 * 65 536 blocks that one stranger may have got for himself, or that are of many customers of a provider.
 */
const blocksOfSite = 4;

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
    for (const { name, attempts } of countersOf(limit, key)) {
      const count = await this.count(name, 1);
      if (count.consumedPoints > attempts) throw refusal(count);
    }
  }

  /**
   * Counts only attempts that fail with a DomainError of kind unauthenticated, invalid or forbidden; while too many
   * have failed none is made. Of those at once no more are under way than may still fail: the others wait their turn.
   * @param key e.g. an account and an address, with | between; an address counts as its block, and with its site
   * @throws RateLimitedError, RateLimitsUnavailableError, or what the attempt throws
   */
  async guard<Result>(
    limit: RateLimit,
    key: string,
    attempt: () => Promise<Result>,
  ): Promise<Result> {
    const [narrow, ...wide] = countersOf(limit, key);
    const all = wide.reduceRight(
      (inner, counter) => () => this.guardOne(counter, inner),
      () => this.guardOne(narrow, attempt),
    );
    return all();
  }

  private async guardOne<Result>(
    counter: Counter,
    attempt: () => Promise<Result>,
  ): Promise<Result> {
    await this.reserve(counter);
    let failed = false;
    try {
      return await attempt();
    } catch (error) {
      failed = error instanceof DomainError && failures.has(error.kind);
      throw error;
    } finally {
      await (failed ? this.fail(counter) : this.count(counter.name, -1));
    }
  }

  private async reserve({ name, attempts }: Counter): Promise<void> {
    for (let waitedMs = 0; ; waitedMs += pollMs) {
      const count = await this.count(name, 1);
      const { attempted, failed } = tallyOf(count);
      if (failed >= attempts) throw refusal(count);
      if (attempted <= attempts) return;
      await this.count(name, -1);
      if (waitedMs >= patienceMs) throw new RateLimitedError(1);
      await sleep(pollMs);
    }
  }

  /** Keeps the attempt counted and counts it as a failure. */
  private async fail({ name, attempts, grows }: Counter): Promise<void> {
    const { failed } = tallyOf(await this.count(name, failure));
    if (grows === undefined || failed !== attempts) return;
    const { consumedPoints: blocks } = await this.count(`${name}:blocks`, 1, blocksAreKeptSeconds);
    const blockSeconds = Math.min(windowSeconds * 2 ** (blocks - 1), longestBlockSeconds);
    await orUnavailable(this.counters.set(name, failed * failure + attempts, blockSeconds));
  }

  private count(name: string, points: number, seconds = windowSeconds): Promise<RateLimiterRes> {
    return orUnavailable(this.counters.penalty(name, points, { customDuration: seconds }));
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

interface Counter extends Allowance {
  readonly name: string;
}

/** Lists the counters of a key: that of the block of its address, and that of the site where this is a larger network. */
function countersOf(limit: RateLimit, key: string): readonly [Counter, ...Counter[]] {
  const allowance = allowances[limit];
  const parts = key.split('|');
  const [block, site] = [addressBlock, addressSite].map((of) => parts.map(of).join('|'));
  const narrow = { ...allowance, name: nameOf(limit, block ?? key) };
  if (site === undefined || site === block) return [narrow];
  const attempts = allowance.attempts * blocksOfSite;
  return [narrow, { attempts, name: nameOf(limit, site) }];
}

/** Makes the key of a counter. Hashing keeps it short and plain enough for the table, and e-mails out of it. */
const nameOf = (limit: RateLimit, counted: string) =>
  `${limit}:${createHash('sha256').update(counted).digest('base64url')}`;

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
