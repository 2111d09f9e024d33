import { Actor, Config } from '@app/core';
import type { DataSource } from 'typeorm';
import { RegistrationBatches, type SingleRegistration } from './registration-batches';

const actor = new Actor({ kind: 'client', id: 'billing' });
const registration = (token: string, applicationId = 1): SingleRegistration => ({
  actor,
  applicationId,
  platform: 'ios',
  token,
});

interface Statement {
  /** Of the devices that it stores. */
  readonly tokens: readonly string[];
  readonly isTogether: boolean;
  answer(): void;
  fail(): void;
}

/** A database whose every statement waits to be answered. */
function slowDatabase() {
  const statements: Statement[] = [];
  const query = ({ values }: { values: readonly unknown[] }) =>
    new Promise((resolve, reject) => {
      const tokens = values[5] as string[];
      const isTogether = tokens.length > 1;
      statements.push({
        tokens,
        isTogether,
        answer: () => {
          resolve({
            rows: tokens.map((token, index) => ({ number: index + 1, 'device.token': token })),
          });
        },
        fail: () => {
          reject(new Error('deadlock detected'));
        },
      });
    });
  const dataSource = { driver: { master: { query } } };
  const batches = new RegistrationBatches(
    { manager: { dataSource } } as unknown as DataSource,
    Object.assign(new Config(), { devicesPerUser: 30 }),
  );
  return { batches, statements, sent: () => statements.map(({ tokens }) => tokens) };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('registrations', () => {
  it('are stored at once while the server is idle', async () => {
    const { batches, statements } = slowDatabase();
    const stored = batches.store(registration('a'));
    await settled();
    expect(statements).toMatchObject([{ tokens: ['a'], isTogether: false }]);
    statements[0]?.answer();
    expect(await stored).toMatchObject({ token: 'a' });
  });

  it('that come while others are stored are stored together', async () => {
    const { batches, statements, sent } = slowDatabase();
    const stored = [batches.store(registration('a'))];
    await settled();
    stored.push(...['b', 'c', 'd', 'e'].map((token) => batches.store(registration(token))));
    await settled();
    expect(sent()).toEqual([['a']]);
    statements[0]?.answer();
    await settled();
    expect(sent()).toEqual([['a'], ['b', 'c', 'd', 'e']]);
    for (const statement of statements) statement.answer();
    expect((await Promise.all(stored)).map((device) => device?.token)).toEqual([
      ...['a', 'b', 'c', 'd', 'e'],
    ]);
  });

  it('of one token are never stored together', async () => {
    const { batches, statements, sent } = slowDatabase();
    for (const token of ['a', 'b', 'c', 'd', 'c', 'c']) void batches.store(registration(token));
    await settled();
    for (let next = 0; next < 3; next++) {
      statements[next]?.answer();
      await settled();
    }
    expect(sent()).toEqual([['a', 'b', 'c', 'd'], ['c'], ['c']]);
  });

  it('go by a hundred, and none is left behind', async () => {
    const { batches, statements, sent } = slowDatabase();
    const stored = Array.from({ length: 252 }, (_, n) => batches.store(registration(`t-${n}`)));
    await settled();
    for (let next = 0; next < 3; next++) {
      statements[next]?.answer();
      await settled();
    }
    expect(sent().map(({ length }) => length)).toEqual([100, 100, 52]);
    expect((await Promise.all(stored)).every((device) => device !== undefined)).toBe(true);
  });

  it('are stored each for itself when the statement for all fails', async () => {
    const { batches, statements, sent } = slowDatabase();
    const stored = ['a', 'b'].map((token) => batches.store(registration(token)));
    await settled();
    statements[0]?.fail();
    await settled();
    expect(sent()).toEqual([['a', 'b'], ['a'], ['b']]);
    statements[1]?.answer();
    statements[2]?.fail();
    const [first, second] = await Promise.allSettled(stored);
    expect(first).toMatchObject({ value: { token: 'a' } });
    expect(second).toMatchObject({ reason: { message: 'deadlock detected' } });
    void batches.store(registration('c'));
    await settled();
    expect(sent().at(-1)).toEqual(['c']);
  });

  it('of one application do not wait for those of another', async () => {
    const { batches, sent } = slowDatabase();
    for (const token of ['a', 'b', 'c']) void batches.store(registration(token));
    for (const token of ['d', 'e', 'f']) void batches.store(registration(token, 2));
    await settled();
    expect(sent()).toEqual([
      ['a', 'b', 'c'],
      ['d', 'e', 'f'],
    ]);
  });

  it('with an activation have a statement of their own', async () => {
    const { batches, sent } = slowDatabase();
    for (const token of ['a', 'b', 'c']) {
      void batches.store({ ...registration(token), activationId: 'activation' });
    }
    await settled();
    expect(sent()).toEqual([['a'], ['b'], ['c']]);
  });
});
