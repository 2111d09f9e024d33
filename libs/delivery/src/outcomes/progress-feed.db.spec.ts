import { randomUUID } from 'node:crypto';
import { Lanes, type Progress, ProgressFeed } from '@app/delivery';
import { DataSource } from 'typeorm';
import { Carillon } from '@app/testing/harness';

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
    messageId = await createMessage();
  });

  /** One that runs, with a hundred deliveries. */
  async function createMessage(): Promise<string> {
    const id = randomUUID();
    await carillon.sql(
      `INSERT INTO messages (id, application_id, priority, state, content) VALUES ($1, $2, 'campaign', 'running', '{}')`,
      [id, applicationId],
    );
    await carillon.sql(
      `INSERT INTO chunks (message_id, gateway, number, application_id, priority, first_seq, size)
       SELECT id, 'apns', 0, application_id, priority, 0, 100 FROM messages WHERE id = $1`,
      [id],
    );
    return id;
  }

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
    const [slow, quick] = [feed.follow(messageId), feed.follow(messageId)];
    expect(await told(quick)).toBe('running 0');
    for (const accepted of [10, 20, 30]) {
      await accept(accepted);
      expect(await told(quick)).toBe(`running ${accepted}`);
    }
    expect(await told(slow)).toBe('running 30');
    for (const follower of [slow, quick]) await follower.return?.();
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
    const looks = () => query.mock.calls.map(([, parameters]) => (parameters as [string[]])[0]);
    const another = new ProgressFeed(carillon.get(DataSource), carillon.get(Lanes), carillon.clock);
    try {
      const followers = Array.from({ length: 100 }, () => feed.follow(messageId));
      await Promise.all(followers.map(told));
      await carillon.until(() => looks().length >= 3);
      expect(looks()).toEqual(looks().map(() => [messageId]));

      for (const follower of followers) await follower.return?.();
      await Promise.all(query.mock.results.map(({ value }) => value as Promise<unknown>));
      // It would have looked as often as the other one.
      const other = await createMessage();
      query.mockClear();
      const follower = another.follow(other);
      await carillon.until(() => looks().length >= 3);
      expect(looks()).toEqual(looks().map(() => [other]));
      await follower.return?.();
    } finally {
      await another.onModuleDestroy();
      query.mockRestore();
    }
  });
});
