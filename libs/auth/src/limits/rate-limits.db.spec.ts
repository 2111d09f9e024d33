import { RateLimits } from '@app/auth';
import { CoreModule, DomainError, RateLimitedError } from '@app/core';
import { type INestApplicationContext, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { DataSource } from 'typeorm';
import { testConfig } from '@app/testing/config';
import { createTestDatabase, type TestDatabase } from '@app/testing/database';
import { schema } from '../../../../migrations';

class WrongError extends DomainError {
  readonly code = 'WRONG';
  constructor(readonly kind: DomainError['kind'] = 'unauthenticated') {
    super('Wrong');
  }
}

@Module({})
class Process {}

describe('rate limits', () => {
  let database: TestDatabase;
  let contexts: INestApplicationContext[];
  /** Two processes. */
  let limits: RateLimits;
  let others: RateLimits;

  const start = async () => {
    const core = CoreModule.forRoot(testConfig(database.url), schema, 'carillon test');
    const context = await NestFactory.createApplicationContext(
      { module: Process, imports: [core], providers: [RateLimits] },
      { logger: false, abortOnError: false },
    );
    contexts.push(context);
    return context.get(RateLimits);
  };
  beforeAll(async () => {
    database = await createTestDatabase();
    contexts = [];
    [limits, others] = [await start(), await start()];
  });
  afterAll(async () => {
    for (const context of contexts) await context.close();
    await database.drop();
  });
  beforeEach(() => sql('DELETE FROM rate_limits'));

  const sql = <Row>(query: string, parameters?: unknown[]) =>
    contexts[0]?.get(DataSource).query<Row[]>(query, parameters) ?? Promise.resolve([]);
  const wrong = () => Promise.reject(new WrongError());
  const right = () => Promise.resolve('in');
  const failTimes = async (times: number, limit: 'login' | 'service-account' = 'login') => {
    for (let n = 0; n < times; n += 1) {
      await expect(limits.guard(limit, 'ann', wrong)).rejects.toThrow(WrongError);
    }
  };

  it.each([
    { what: 'an IPv6 network', addresses: ['2001:db8:1:2::7', '2001:db8:1:2:3:4:5:6'] },
    { what: 'an IPv4 address in both spellings', addresses: ['192.0.2.7', '::ffff:192.0.2.7'] },
  ])('count the failures of $what together', async ({ addresses }) => {
    for (let n = 0; n < 10; n += 1) {
      const key = `ann|${addresses[n % 2]}`;
      await expect(limits.guard('login', key, wrong)).rejects.toThrow(WrongError);
    }
    for (const address of addresses) {
      const refused = limits.guard('login', `ann|${address}`, right);
      await expect(refused).rejects.toThrow(RateLimitedError);
    }
    expect(await limits.guard('login', 'ann|2001:db8:1:3::7', right)).toBe('in');
  });

  it('let all of an IPv6 /48 do four times as much as a /64', async () => {
    const tries = (of: (n: number) => string) =>
      Promise.allSettled(
        Array.from({ length: 60 }, (_, n) => limits.guard('login', `a|${of(n)}`, wrong)),
      );
    const made = (results: PromiseSettledResult<unknown>[]) =>
      results.filter((one) => one.status === 'rejected' && one.reason instanceof WrongError).length;
    expect(made(await tries((n) => `2001:db8:1:${n}::1`))).toBe(40);
    expect(made(await tries(() => '2001:db8:2:1::1'))).toBe(10);
    const taken = await Promise.allSettled(
      Array.from({ length: 130 }, (_, n) => limits.take('session', `2001:db8:3:${n % 10}::1`)),
    );
    expect(taken.filter(({ status }) => status === 'fulfilled')).toHaveLength(120);
  });

  it('count every attempt that is taken, in all processes together', async () => {
    const attempts = Array.from({ length: 610 }, (_, n) =>
      (n % 2 === 0 ? limits : others).take('challenge', 'address'),
    );
    const results = await Promise.allSettled(attempts);
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(600);
    await expect(limits.take('challenge', 'another address')).resolves.toBeUndefined();
  });

  it('make of fifty wrong guesses at once in two processes no more than ten', async () => {
    let made = 0;
    const guess = () => {
      made += 1;
      return wrong();
    };
    const results = await Promise.allSettled(
      Array.from({ length: 50 }, (_, n) =>
        (n % 2 === 0 ? limits : others).guard('login', 'ann', guess),
      ),
    );
    expect(made).toBe(10);
    const refused = results.filter(
      (result) => result.status === 'rejected' && result.reason instanceof RateLimitedError,
    );
    expect(refused).toHaveLength(40);
  });

  it('refuse a right guess too while blocked, and say until when', async () => {
    await failTimes(10);
    const refusal = await others.guard('login', 'ann', right).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(RateLimitedError);
    const { retryAfterSeconds } = refusal as RateLimitedError;
    expect(retryAfterSeconds).toBeGreaterThanOrEqual(1);
    expect(retryAfterSeconds).toBeLessThanOrEqual(60);
    await expect(limits.guard('login', 'bob', right)).resolves.toBe('in');
  });

  it('let any number succeed, also at once', async () => {
    const results = await Promise.all(
      Array.from({ length: 50 }, () => limits.guard('login', 'ann', right)),
    );
    expect(results).toHaveLength(50);
    expect(await sql('SELECT points FROM rate_limits')).toEqual([{ points: 0 }]);
  });

  it.each(['not_found', 'conflict', 'rate_limited', 'unavailable'] as const)(
    'do not count what fails as %s',
    async (kind) => {
      for (let n = 0; n < 15; n += 1) {
        const attempt = () => Promise.reject(new WrongError(kind));
        await expect(limits.guard('login', 'ann', attempt)).rejects.toThrow(WrongError);
      }
    },
  );

  it('open again when the window has passed', async () => {
    await failTimes(10);
    await sql('UPDATE rate_limits SET expire = expire - 60000');
    await expect(limits.guard('login', 'ann', right)).resolves.toBe('in');
    await failTimes(10);
  });

  it('block an account for twice as long each time, up to an hour', async () => {
    const blocks: number[] = [];
    for (let round = 0; round < 8; round += 1) {
      await failTimes(10, 'service-account');
      const refusal = await limits
        .guard('service-account', 'ann', right)
        .catch((error: unknown) => error as RateLimitedError);
      blocks.push(Math.round((refusal as RateLimitedError).retryAfterSeconds / 60));
      await sql(`UPDATE rate_limits SET expire = 1 WHERE key NOT LIKE '%:blocks'`);
    }
    expect(blocks).toEqual([1, 2, 4, 8, 16, 32, 60, 60]);
  });

  it.each(['', 'a\0b', '\ud800', 'x'.repeat(1_000_000), "'; DROP TABLE rate_limits; --"])(
    'take any key (row %#)',
    async (key) => {
      await expect(limits.take('challenge', key)).resolves.toBeUndefined();
    },
  );

  it('stay closed while the database is away', async () => {
    const lost = await start();
    await contexts.at(-1)?.get(DataSource).destroy();
    contexts.pop();
    let made = false;
    const attempt = () => {
      made = true;
      return right();
    };
    await expect(lost.guard('login', 'ann', attempt)).rejects.toMatchObject({
      kind: 'unavailable',
    });
    await expect(lost.take('challenge', 'ann')).rejects.toMatchObject({ kind: 'unavailable' });
    expect(made).toBe(false);
  });
});
