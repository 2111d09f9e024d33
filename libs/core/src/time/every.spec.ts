import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '@app/testing/time';
import { every, type Schedule } from './every';

const never = (task: string, error: unknown) => {
  throw new Error(`${task} failed`, { cause: error });
};

describe('what is done every now and then', () => {
  const schedules: Schedule[] = [];
  const start = (...schedule: Parameters<typeof every>) => {
    const started = every(...schedule);
    schedules.push(started);
    return started;
  };
  afterEach(async () => {
    for (const schedule of schedules.splice(0)) await schedule.stop();
  });

  it('begins at once, and never while it is still under way', async () => {
    let [begun, underWay, most] = [0, 0, 0];
    const slow = async () => {
      begun++;
      most = Math.max(most, ++underWay);
      await sleep(10);
      underWay--;
    };
    start(1, { one: slow, other: slow }, never);
    expect(begun).toBe(1);
    await until(() => begun > 6);
    expect(most).toBe(1);
  });

  it('goes on where it fails, and with what comes after it', async () => {
    const failures: [string, unknown][] = [];
    const [late, early] = [new Error('late'), new Error('early')];
    let done = 0;
    const tasks = {
      'fails late': () => Promise.reject(late),
      'fails early': () => {
        throw early;
      },
      works: () => Promise.resolve(done++),
    };
    start(1, tasks, (...failure) => failures.push(failure));
    await until(() => done >= 2);
    expect(failures.slice(0, 4)).toEqual([
      ['fails late', late],
      ['fails early', early],
      ['fails late', late],
      ['fails early', early],
    ]);
  });

  it('is stopped once the task that is under way has ended, and begins none after it', async () => {
    const done: string[] = [];
    let end = (): void => undefined;
    const tasks = {
      first: async () => {
        await new Promise<void>((resolve) => (end = resolve));
        done.push('first');
      },
      second: () => Promise.resolve(done.push('second')),
    };
    const stopped = start(1, tasks, never)
      .stop()
      .then(() => done.push('stopped'));
    end();
    await stopped;
    expect(done).toEqual(['first', 'stopped']);
  });

  it('is not done again after it was stopped between two rounds', async () => {
    let [done, others] = [0, 0];
    const schedule = start(2, { task: () => Promise.resolve(done++) }, never);
    await until(() => done >= 2);
    await schedule.stop();
    const before = done;
    start(2, { task: () => Promise.resolve(others++) }, never);
    await until(() => others >= 3);
    expect(done).toBe(before);
  });
});
