import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Progress, ProgressFeed } from '@app/delivery';
import { DataSource } from 'typeorm';
import { Carillon } from '../../../apps/standalone/test/harness';

describe('the progress of a message', () => {
  let carillon: Carillon;
  let feed: ProgressFeed;
  let applicationId: number;
  let messageId: string;

  beforeAll(async () => {
    carillon = await Carillon.start();
    feed = carillon.get(ProgressFeed);
    applicationId = await carillon.createApplication();
  });
  afterAll(() => carillon.close());
  beforeEach(async () => {
    messageId = randomUUID();
    await carillon.sql(
      `INSERT INTO messages (id, application_id, priority, state, content) VALUES ($1, $2, 'campaign', 'running', '{}')`,
      [messageId, applicationId],
    );
    await carillon.sql(
      `INSERT INTO chunks (message_id, gateway, number, first_seq, size) VALUES ($1, 'apns', 0, 0, 100)`,
      [messageId],
    );
  });

  const accept = (accepted: number) =>
    carillon.sql('UPDATE chunks SET accepted = $2 WHERE message_id = $1', [messageId, accepted]);
  const setState = (state: string) =>
    carillon.sql('UPDATE messages SET state = $2::message_state WHERE id = $1', [messageId, state]);
  const told = async (follower: AsyncIterator<Progress>) => {
    const { done, value } = (await follower.next()) as IteratorResult<Progress, undefined>;
    return done === true ? 'over' : `${value.state} ${value.counts.accepted}`;
  };

  it('is told at once, when it changes, and at its end', async () => {
    const follower = feed.follow(messageId);
    expect(await told(follower)).toBe('running 0');
    await accept(60);
    expect(await told(follower)).toBe('running 60');
    await accept(100);
    await setState('completed');
    expect(await told(follower)).toBe('completed 100');
    expect(await told(follower)).toBe('over');
  });

  it('is told at once to those who come later', async () => {
    const [first, second] = [feed.follow(messageId), feed.follow(messageId)];
    expect(await told(first)).toBe('running 0');
    expect(await told(second)).toBe('running 0');
    const third = feed.follow(messageId);
    expect(await told(third)).toBe('running 0');
    for (const follower of [first, second, third]) await follower.return?.();
  });

  it('skips what a slow follower has missed', async () => {
    const follower = feed.follow(messageId);
    for (const accepted of [10, 20, 30]) {
      await accept(accepted);
      await sleep(600);
    }
    expect(await told(follower)).toBe('running 30');
    await follower.return?.();
  });

  it('goes on while it is cancelled and something is under way', async () => {
    await setState('cancelled');
    const follower = feed.follow(messageId);
    expect(await told(follower)).toBe('cancelled 0');
    await accept(100);
    expect(await told(follower)).toBe('cancelled 100');
    expect(await told(follower)).toBe('over');
  });

  it('is over when the message is removed', async () => {
    const follower = feed.follow(messageId);
    expect(await told(follower)).toBe('running 0');
    await carillon.sql('DELETE FROM messages WHERE id = $1', [messageId]);
    expect(await told(follower)).toBe('over');
  });

  it('says how fast it goes, and when it will be over', async () => {
    const follower = feed.follow(messageId);
    await follower.next();
    await accept(50);
    const { value } = (await follower.next()) as IteratorYieldResult<Progress>;
    expect(value.perSecond).toBeGreaterThan(0);
    expect(value.estimatedEndAt?.getTime()).toBeGreaterThan(Date.now() - 1_000);
    await setState('paused');
    const { value: paused } = (await follower.next()) as IteratorYieldResult<Progress>;
    expect(paused).toMatchObject({ state: 'paused', estimatedEndAt: null });
    await follower.return?.();
  });

  it('is asked for by one look for a hundred followers, and by none for nobody', async () => {
    const query = jest.spyOn(carillon.get(DataSource), 'query');
    try {
      const followers = Array.from({ length: 100 }, () => feed.follow(messageId));
      await Promise.all(followers.map(told));
      query.mockClear();
      await sleep(1_200);
      expect(query.mock.calls.length).toBeGreaterThan(0);
      expect(query.mock.calls.length).toBeLessThanOrEqual(3);
      for (const follower of followers) await follower.return?.();
      query.mockClear();
      await sleep(1_200);
      expect(query).not.toHaveBeenCalled();
    } finally {
      query.mockRestore();
    }
  });
});
