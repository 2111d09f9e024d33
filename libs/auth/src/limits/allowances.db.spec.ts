import { type Allowance, Allowances } from '@app/auth';
import { Clock, CoreModule, RateLimitedError } from '@app/core';
import { testConfig } from '@app/testing/config';
import { createTestDatabase, type TestDatabase } from '@app/testing/database';
import { letPass, stopTime } from '@app/testing/time';
import { type INestApplicationContext, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { DataSource } from 'typeorm';
import { schema } from '../../../../migrations';

@Module({})
class Process {}

describe('allowances', () => {
  let database: TestDatabase;
  let contexts: INestApplicationContext[];
  let source: DataSource;
  /** Two processes. */
  let one: Allowances;
  let other: Allowances;

  const start = async () => {
    const core = CoreModule.forRoot(testConfig(database.url), schema, 'carillon test');
    const context = await NestFactory.createApplicationContext(
      { module: Process, imports: [core], providers: [Allowances] },
      { logger: false, abortOnError: false },
    );
    stopTime(context.get(Clock));
    contexts.push(context);
    return context;
  };
  const end = async (context: INestApplicationContext) => {
    contexts.splice(contexts.indexOf(context), 1);
    await context.close();
  };
  beforeAll(async () => {
    database = await createTestDatabase();
    contexts = [];
    const first = await start();
    source = first.get(DataSource);
    one = first.get(Allowances);
    other = (await start()).get(Allowances);
  });
  afterAll(async () => {
    for (const context of contexts) await context.close();
    await database.drop();
  });

  let names = 0;
  const allowance = (most = 1_000): Allowance => ({
    name: `test-${++names}`,
    what: 'tests a minute',
    most,
    windowSeconds: 60,
  });
  /** What was written down of an allowance. */
  const points = async ({ name }: Allowance) =>
    (
      await source.query<{ points: number }[]>(
        'SELECT points FROM rate_limits WHERE starts_with(key, $1)',
        [`allowance:${name}:`],
      )
    )[0]?.points;
  const passes = async (process: Allowances, of: Allowance, amount = 1, caller = 'ann') => {
    try {
      await process.take(of, caller, amount);
      return true;
    } catch (error) {
      if (error instanceof RateLimitedError) return false;
      throw error;
    }
  };
  /** Takes one by one, in turns, until nobody gets any. @returns how many passed */
  const exhaust = async (of: Allowance, ...processes: Allowances[]) => {
    let passed = 0;
    for (let refused = 0; refused < processes.length;) {
      refused = 0;
      for (const process of processes) {
        if (await passes(process, of)) passed += 1;
        else refused += 1;
      }
    }
    return passed;
  };

  it.each([1, 3, 10, 100, 1_000])('of %i are used up by two processes together', async (most) => {
    expect(await exhaust(allowance(most), one, other)).toBe(most);
  });

  it('hold for any number at once', async () => {
    const of = allowance(100);
    const taken = await Promise.all(
      Array.from({ length: 400 }, (_, n) => passes(n % 2 === 0 ? one : other, of)),
    );
    expect(taken.filter(Boolean)).toHaveLength(100);
  });

  it('are each caller’s own', async () => {
    const of = allowance(10);
    expect(await exhaust(of, one)).toBe(10);
    expect(await passes(one, of, 1, 'bob')).toBe(true);
    expect(await passes(one, { ...of, name: 'test-another' })).toBe(true);
  });

  it('are written down for nobody who asks little, and seldom for others', async () => {
    const of = allowance();
    for (let n = 0; n < 50; n += 1) await one.take(of, 'ann');
    expect(await points(of)).toBeUndefined();
    const queries = jest.spyOn(source, 'query');
    for (let n = 0; n < 950; n += 1) await one.take(of, 'ann');
    expect(await passes(one, of)).toBe(false);
    const after = queries.mock.calls.length;
    for (let n = 0; n < 100; n += 1) expect(await passes(one, of)).toBe(false);
    expect(queries.mock.calls.length).toBe(after);
    queries.mockRestore();
    expect(after).toBeLessThanOrEqual(20);
  });

  it('tell what is left, and until when', async () => {
    const of = allowance();
    expect(await one.take(of, 'ann')).toEqual({ left: 999, resetSeconds: 60 });
    await one.take(of, 'ann', 399);
    expect(await other.take(of, 'ann', 100)).toMatchObject({ left: 500 });
    await exhaust(of, one, other);
    await expect(one.take(of, 'ann')).rejects.toMatchObject({
      code: 'RATE_LIMITED',
      message: expect.stringMatching(
        /^Your 1000 tests a minute are used up; try again in \d+ s$/,
      ) as string,
    });
  });

  it('may be used at once, the last of them by more than is left', async () => {
    const of = allowance();
    expect(await passes(one, of, 990)).toBe(true);
    expect(await passes(one, of, 0)).toBe(true);
    expect(await passes(one, of, 500)).toBe(true);
    expect(await passes(one, of, 0)).toBe(false);
    expect(await passes(other, of, 0)).toBe(true); // it has not asked yet
    expect(await passes(other, of, 51)).toBe(false);
    expect(await passes(other, of, 0)).toBe(false);
  });

  it('are whole again in the next window', async () => {
    const of = allowance(100);
    await exhaust(of, one, other);
    await source.query('UPDATE rate_limits SET expire = expire - 60000');
    expect(await passes(one, of)).toBe(false); // before its own clock says so
    for (const context of contexts) letPass(60_000, context.get(Clock));
    expect(await exhaust(of, one, other)).toBe(100);
  });

  it('lose with a process no more than its portion, and that until the window ends', async () => {
    const of = allowance();
    const dying = await start();
    for (let n = 0; n < 51; n += 1) await dying.get(Allowances).take(of, 'ann');
    await end(dying);
    expect(await exhaust(of, one, other)).toBe(900); // 1 000 less the 51 and the 49 left of its portion
    await source.query('UPDATE rate_limits SET expire = expire - 60000');
    for (const context of contexts) letPass(60_000, context.get(Clock));
    expect(await exhaust(of, one, other)).toBe(1_000);
  });

  it('outlive a restart, but for the share that each process counts alone', async () => {
    const of = allowance();
    const before = await start();
    await exhaust(of, before.get(Allowances));
    await end(before);
    const after = await start();
    expect(await exhaust(of, after.get(Allowances))).toBe(50);
    await end(after);
  });

  it.each(['', 'a\0b', '\ud800', 'x'.repeat(1_000_000)])(
    'take any caller (row %#)',
    async (caller) => {
      expect(await passes(one, allowance(1), 1, caller)).toBe(true);
    },
  );

  it('hold nobody up while the database is away', async () => {
    const lost = await start();
    const of = allowance(10);
    await lost.get(DataSource).destroy();
    contexts.pop();
    for (let n = 0; n < 30; n += 1) expect(await passes(lost.get(Allowances), of)).toBe(true);
  });
});
