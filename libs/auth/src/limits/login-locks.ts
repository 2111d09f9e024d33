import { createHash } from 'node:crypto';
import { addressSite, Clock, RateLimitedError } from '@app/core';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

/** Failures in a row that are a person's own mistakes, and lock nothing. */
const freeFailures = 4;

/** The length of the first lock; each further failure doubles it. */
const firstLockMs = 1_000;
const longestLockMs = 900_000;

/** A key that is not locked expires this long ago, lest a process whose clock is behind takes it for locked. */
const skewMs = 60_000;

/** Failures are forgotten when no other has followed for this long. */
const memoryMs = 3_600_000;

/**
 * Locks an e-mail at a place after five failed logins in a row, for longer each time; elsewhere its operator gets in. A
 * place is a device that the operator has logged in from before, or else an address; of IPv6, all of its site.
 * An e-mail that no operator has is locked just the same, so that the lock does not tell which ones exist: hence the
 * locks are with the rate limits, by a hash, and not with the operators. `points` are the failures, `expire` is the end
 * of the lock.
 */
@Injectable()
export class LoginLocks {
  constructor(
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
  ) {}

  /**
   * Counts an attempt as failed until `clear`, before it is made: of any number at once only the free ones get through.
   * @throws RateLimitedError while locked
   */
  async claim(email: string, place: string): Promise<void> {
    const key = keyOf(email, place);
    const nowMs = this.clock.now().getTime();
    const [claimed] = await this.dataSource.query<object[]>(
      `INSERT INTO rate_limits AS held (key, points, expire) VALUES ($1, 1, $2::bigint - $3::int)
       ON CONFLICT (key) DO UPDATE SET (points, expire) = (
         SELECT n, $2 + CASE WHEN n > $4::int THEN least($5::int * 2 ^ least(n - $4 - 1, 30), $6::int) ELSE -$3 END
         FROM (SELECT CASE WHEN held.expire < $2 - $7::int THEN 1 ELSE held.points + 1 END) AS failures (n))
       WHERE held.expire <= $2
       RETURNING points`,
      [key, nowMs, skewMs, freeFailures, firstLockMs, longestLockMs, memoryMs],
    );
    if (claimed !== undefined) return;
    const [lock] = await this.dataSource.query<{ expire: string }[]>(
      'SELECT expire FROM rate_limits WHERE key = $1',
      [key],
    );
    const leftMs = Number(lock?.expire ?? nowMs) - nowMs;
    throw new RateLimitedError(Math.max(1, Math.ceil(leftMs / 1000)));
  }

  /** Forgets the failures after a right password. */
  async clear(email: string, place: string): Promise<void> {
    await this.dataSource.query('DELETE FROM rate_limits WHERE key = $1', [keyOf(email, place)]);
  }

  /** Forgets the failures of an e-mail at all places. */
  async clearAll(email: string): Promise<void> {
    await this.dataSource.query('DELETE FROM rate_limits WHERE starts_with(key, $1)', [
      keysOf(email),
    ]);
  }
}

const hashOf = (text: string) => createHash('sha256').update(text).digest('base64url');

const keysOf = (email: string) => `login-lock:${hashOf(email)}:`;

const keyOf = (email: string, place: string) => keysOf(email) + hashOf(addressSite(place));
