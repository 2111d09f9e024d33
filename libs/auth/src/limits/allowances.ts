import { createHash } from 'node:crypto';
import { Clock, outside, RepeatedLog } from '@app/core';
import { Injectable, Logger } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { DataSource } from 'typeorm';
import { AllowanceUsedUpError } from './rate-limits.errors';

/** How much of something each caller may use. */
export interface Allowance {
  /** The name, e.g. `requests:user`: what a caller uses of one is nothing to another. */
  readonly name: string;
  /** What it is an allowance of, for who has used it up, e.g. `requests a minute`. */
  readonly what: string;
  readonly most: number;
  readonly windowSeconds: number;
}

/** What is left of an allowance, as far as this process knows. */
export interface AllowanceLeft {
  readonly left: number;
  /** The seconds after which it is whole again. */
  readonly resetSeconds: number;
}

/** What this process knows of one caller's use of an allowance. */
interface Use {
  /** The end of the window by `Clock.elapsedMs`. */
  endsAt: number;
  /** What was used here that the database has not been told of. */
  untold: number;
  /** What is left of the portion that this process has leased; undefined before the first one. */
  leased: number | undefined;
  /** What was left for all processes after that lease. */
  others: number;
  /** The lease under way. */
  leasing: Promise<void> | undefined;
}

/** The share of an allowance that a process lets pass before it leases any: whoever asks little is written down nowhere. */
const untoldShare = 0.05;

/** The share that a process leases at a time. With it dies what it had left, until the window ends. */
const portionShare = 0.05;

/** The most callers whose use is remembered; of more, those who have asked for nothing for longest begin anew. */
const mostCallers = 50_000;

/** The largest number of the table's column. */
const mostPoints = 2 ** 31 - 1;

/**
 * Counts what callers use, for all processes together, in fixed windows. A process leases portions of an allowance from
 * the database and counts in memory, so that few requests write anything, and none waits for the disk: what is lost with
 * the database's last moment is forgiven. The counters are in the table of `RateLimits`, which also forgets them.
 *
 * All processes together let no more pass than the allowance and, for each but one, the share that it counts alone.
 */
@Injectable()
export class Allowances {
  private readonly uses = new LRUCache<string, Use>({ max: mostCallers });
  private readonly log = new RepeatedLog(new Logger(Allowances.name));

  constructor(
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
  ) {}

  /**
   * Uses a part of an allowance. Where anything is left it may be used, though the amount is more; none is to ask whether
   * anything is left. While the database can't be asked, everything passes: what is to be done needs it as well.
   * @param caller as of `Actor`, or an address block
   * @throws AllowanceUsedUpError
   */
  async take(allowance: Allowance, caller: string, amount = 1): Promise<AllowanceLeft> {
    const key = `allowance:${allowance.name}:${createHash('sha256').update(caller).digest('base64url')}`;
    for (;;) {
      const use = this.useOf(key, allowance);
      if (use.leased === undefined && use.untold + amount <= allowance.most * untoldShare) {
        use.untold += amount;
        return this.leftOf(use, allowance);
      }
      if (use.leased !== undefined && use.leased > 0) {
        use.leased -= amount;
        return this.leftOf(use, allowance);
      }
      if (use.leased !== undefined && use.others <= 0) {
        const what = `${allowance.most} ${allowance.what}`;
        throw new AllowanceUsedUpError(what, this.leftOf(use, allowance).resetSeconds);
      }
      await (use.leasing ??= this.lease(key, use, allowance, amount));
    }
  }

  private useOf(key: string, { windowSeconds }: Allowance): Use {
    const now = this.clock.elapsedMs();
    const known = this.uses.get(key);
    if (known !== undefined && (known.endsAt > now || known.leasing !== undefined)) return known;
    const endsAt = now + windowSeconds * 1000;
    const use = { endsAt, untold: 0, leased: undefined, others: 0, leasing: undefined };
    this.uses.set(key, use);
    return use;
  }

  /** Leases another portion, and tells of what was used without one. */
  private async lease(
    key: string,
    use: Use,
    { most, windowSeconds }: Allowance,
    amount: number,
  ): Promise<void> {
    const debt = use.untold - Math.min(use.leased ?? 0, 0);
    const asked = debt + Math.max(1, amount, Math.ceil(most * portionShare));
    try {
      const [row] = await outside(() =>
        this.dataSource.query<[{ used: number; leftMs: number }]>(leaseStatement, [
          key,
          asked,
          windowSeconds * 1000,
        ]),
      );
      // Others may have used it up, or all but a part of what was asked for.
      const before = most - (row.used - asked);
      use.leased = Math.min(Math.max(before, 0), asked) - debt;
      use.others = Math.max(most - row.used, 0);
      use.endsAt = this.clock.elapsedMs() + row.leftMs;
    } catch (error) {
      this.log.warn(`Allowances are not counted: ${String(error)}`);
      use.leased = asked - debt;
      use.others = most;
    }
    use.untold = 0;
    use.leasing = undefined;
  }

  private leftOf(use: Use, { most }: Allowance): AllowanceLeft {
    const left = use.leased === undefined ? most - use.untold : use.others + use.leased;
    const leftMs = Math.round(use.endsAt - this.clock.elapsedMs());
    return {
      left: Math.max(0, Math.floor(left)),
      resetSeconds: Math.max(1, Math.ceil(leftMs / 1000)),
    };
  }
}

/** Adds $2 to counter $1, or begins it anew where its window of $3 milliseconds has ended. It does not wait for the disk. */
const leaseStatement = `
  WITH quick AS (
    SELECT set_config('synchronous_commit', 'off', true), floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now
  ), held AS (
    INSERT INTO rate_limits AS held (key, points, expire) SELECT $1, $2::int, now + $3::int FROM quick
    ON CONFLICT (key) DO UPDATE SET
      points = CASE WHEN held.expire <= excluded.expire - $3::int THEN $2::int
        ELSE least(held.points::bigint + $2::int, ${mostPoints}) END,
      expire = CASE WHEN held.expire <= excluded.expire - $3::int THEN excluded.expire ELSE held.expire END
    RETURNING points, expire
  )
  SELECT points AS used, greatest(expire - now, 1)::int AS "leftMs" FROM held CROSS JOIN quick`;
