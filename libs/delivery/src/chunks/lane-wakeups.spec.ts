import type { JobQueue, Queues, Wakeup } from '@app/core';
import { type BacklogRef, LaneWakeups } from './lane-wakeups';

const lane = (applicationId: number): BacklogRef => ({ applicationId, gateway: 'apns' });

/** Stands for queues whose answers come when a test says so. */
class SlowQueues implements Pick<Queues, 'wake'> {
  readonly told: (readonly Wakeup<unknown>[])[] = [];
  private readonly answers: (() => void)[] = [];

  wake<Data>(_: JobQueue<Data>, wakeups: readonly Wakeup<Data>[]): Promise<void> {
    this.told.push(wakeups);
    return new Promise((resolve) => this.answers.push(resolve));
  }

  answer(): void {
    for (const answer of this.answers.splice(0)) answer();
  }
}

describe('wake-ups for lanes', () => {
  const queue: JobQueue<BacklogRef> = { name: 'lanes' };
  let queues: SlowQueues;
  let wakeups: LaneWakeups;
  const turn = () => new Promise((resolve) => setImmediate(resolve));

  beforeEach(() => {
    queues = new SlowQueues();
    wakeups = new LaneWakeups(queues as unknown as Queues, queue);
  });

  it('of one turn go together, each lane once', async () => {
    const woken = [1, 2, 1, 1].map((id) => wakeups.wake([lane(id)]));
    await turn();
    expect(queues.told).toHaveLength(1);
    expect(queues.told[0]?.map(({ data }) => data)).toEqual([lane(1), lane(2)]);
    queues.answer();
    await Promise.all(woken);
  });

  it('of a lane that others are being told of wake it again, for who looks may see nothing any more', async () => {
    const first = wakeups.wake([lane(1)]);
    await turn();
    const second = wakeups.wake([lane(1)]);
    queues.answer();
    await first;
    await turn();
    queues.answer();
    await second;
    const ids = queues.told.flat().map(({ id }) => id);
    expect(ids).toHaveLength(2);
    expect(new Set(ids).size).toBe(2);
    for (const id of ids) expect(id).not.toContain(':');
  });

  it('of none tell nobody', async () => {
    await wakeups.wake([]);
    expect(queues.told).toEqual([]);
  });

  it('for lanes that are due have the same ids, so that a repeat is dropped', async () => {
    for (let time = 0; time < 2; time++) {
      const woken = wakeups.wakeIdle([lane(1), lane(2)]);
      queues.answer();
      await woken;
    }
    const [first, second] = queues.told.map((told) => told.map(({ id }) => id));
    expect(first).toEqual(second);
    expect(new Set(first).size).toBe(2);
  });
});
