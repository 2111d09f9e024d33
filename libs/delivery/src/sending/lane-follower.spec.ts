import type { BacklogRef } from '../chunks/lane-wakeups';
import { LaneFollower } from './lane-follower';

describe('a process that follows lanes', () => {
  const lane = (applicationId: number): BacklogRef => ({ applicationId, gateway: 'apns' });
  const [huge, small, third] = [1, 2, 3].map(lane) as [BacklogRef, BacklogRef, BacklogRef];
  let due: Map<number, number>;
  let ends: Map<number, (() => void)[]>;
  let follower: LaneFollower;

  beforeEach(() => {
    due = new Map();
    ends = new Map();
    follower = new LaneFollower({
      takenAtOnce: 1,
      shareOf: (lanes) => Math.max(1, Math.floor(4 / lanes)),
      take: ({ applicationId }, atMost) => {
        const count = Math.min(atMost, due.get(applicationId) ?? 0);
        due.set(applicationId, (due.get(applicationId) ?? 0) - count);
        const send = () =>
          new Promise<void>((resolve) => {
            ends.set(applicationId, [...(ends.get(applicationId) ?? []), resolve]);
          });
        return Promise.resolve({ count, send });
      },
    });
  });

  const settled = () => new Promise(setImmediate);
  const underWay = ({ applicationId }: BacklogRef) => ends.get(applicationId)?.length ?? 0;
  const end = async ({ applicationId }: BacklogRef) => {
    ends.get(applicationId)?.shift()?.();
    await settled();
  };

  it('takes no more of a lane than its share, and the rest as it has room', async () => {
    due.set(1, 6);
    expect(await follower.follow(huge)).toBe(true);
    expect(underWay(huge)).toBe(4);
    await end(huge);
    expect(underWay(huge)).toBe(4);
    expect(due.get(1)).toBe(1);
  });

  it('begins with a lane at once, though another is silent and full', async () => {
    due.set(1, 100).set(2, 1);
    await follower.follow(huge);
    expect(await follower.follow(small)).toBe(false);
    expect(underWay(small)).toBe(1);
  });

  it('gives each lane one place in any case, and takes less of one when there are others', async () => {
    due.set(1, 100).set(2, 100).set(3, 100);
    for (const one of [huge, small, third]) await follower.follow(one);
    expect([huge, small, third].map(underWay)).toEqual([4, 2, 1]);
    await end(huge);
    await end(huge);
    await end(huge);
    expect(underWay(huge)).toBe(1);
  });

  it('wakes nobody else when it took nothing', async () => {
    due.set(1, 100);
    await follower.follow(huge);
    expect(await follower.follow(huge)).toBe(false);
  });

  it('goes on with a lane that it was told of while it had no room', async () => {
    due.set(1, 8);
    await follower.follow(huge);
    await follower.follow(huge);
    for (let n = 0; n < 4; n++) await end(huge);
    expect(due.get(1)).toBe(0);
    for (let n = 0; n < 4; n++) await end(huge);
    due.set(1, 1);
    await follower.follow(huge);
    expect(underWay(huge)).toBe(1);
  });

  it('gives back what it was claiming when it stopped', async () => {
    due.set(1, 1);
    void follower.follow(huge);
    const stopped = follower.stop();
    await settled();
    expect(underWay(huge)).toBe(1);
    await end(huge);
    await stopped;
    expect(underWay(huge)).toBe(0);
  });

  it('takes nothing more once it stops, and waits for what is under way', async () => {
    due.set(1, 6);
    await follower.follow(huge);
    let stopped = false;
    void follower.stop().then(() => {
      stopped = true;
    });
    for (let n = 0; n < 4; n++) {
      await settled();
      expect(stopped).toBe(false);
      await end(huge);
    }
    await settled();
    expect(stopped).toBe(true);
    expect(due.get(1)).toBe(2);
  });
});
