import { randomUUID } from 'node:crypto';
import { CampaignPlanning, CampaignsService } from '@app/campaigns';
import { DatabaseClock } from '@app/core';
import {
  type BacklogRef,
  LaneLimits,
  CampaignBacklog,
  CampaignSender,
  Chunk,
  Chunks,
  Claims,
  Lanes,
  Messages,
} from '@app/delivery';
import { DataSource } from 'typeorm';
import { Carillon, tester } from '@app/testing/harness';

const hour = 3_600_000;

describe('a chunk', () => {
  let carillon: Carillon;
  let backlog: CampaignBacklog;
  let chunks: Chunks;
  let applicationId: number;
  let campaignId: number;
  let lane: BacklogRef;
  let ref: { readonly messageId: string; readonly gateway: 'apns'; readonly number: number };

  beforeAll(async () => {
    carillon = await Carillon.start({ latencyMs: 300 });
    backlog = carillon.get(CampaignBacklog);
    chunks = carillon.get(Chunks);
    applicationId = await carillon.createApplication({ apnsPerSecond: 100 });
    await carillon.createDevices(applicationId, 20);
  });
  afterAll(() => carillon.close());
  beforeEach(async () => {
    await carillon.sql('TRUNCATE messages, deliveries CASCADE');
    const campaigns = carillon.get(CampaignsService);
    const { id, messageId } = await carillon.createCampaign(applicationId);
    await campaigns.launch(tester, id);
    await carillon.get(CampaignPlanning).plan({ messageId });
    campaignId = id;
    lane = { applicationId, gateway: 'apns' };
    ref = { messageId, gateway: 'apns', number: 0 };
  });

  it('has one owner, however many want it', async () => {
    const claims = await Promise.all(Array.from({ length: 10 }, () => claim()));
    expect(claims.filter((chunk) => chunk !== undefined)).toHaveLength(1);
    expect(await claim()).toBeUndefined();
  });

  it("is another's once its claim has lapsed, and its first owner can no longer release it", async () => {
    const first = await claimed();
    await lapse();
    const second = await claimed();
    expect(await chunks.release(first, { ms: 0 })).toBe(false);
    expect(await stored()).toMatchObject({ state: 'working', owner: second.owner });
  });

  it.each(['pause', 'cancel'] as const)('is nobody’s after a %s', async (verb) => {
    await carillon.get(CampaignsService)[verb](tester, campaignId);
    expect(await claim()).toBeUndefined();
  });

  it('is due at once when it is released with work to do', async () => {
    const chunk = await claimed();
    expect(await chunks.release(chunk, { ms: 0 })).toBe(false);
    expect(await stored()).toMatchObject({ state: 'waiting', owner: null });
    expect(await dueInMs()).toBeLessThanOrEqual(0);
  });

  it.each([
    { due: [2, 3], rest: 0, hours: 2 },
    { due: [2, 3], rest: 1, hours: 2 },
    { due: [2, 3], rest: 4, hours: 4 },
  ])(
    'whose deliveries fall due in $due hours, with a rest of $rest, is due in $hours',
    async ({ due, rest, hours }) => {
      const chunk = await claimed();
      await carillon.sql(
        `UPDATE deliveries SET retry_at = now() + make_interval(hours => ($2::int[])[1 + seq % 2])
         WHERE message_id = $1`,
        [ref.messageId, due],
      );
      await chunks.release(chunk, { ms: rest * hour });
      const inMs = await dueInMs();
      expect(inMs).toBeLessThanOrEqual(hours * hour);
      expect(inMs).toBeGreaterThan(hours * hour - 60_000);
    },
  );

  describe('whose worker died', () => {
    const inDoubt = { pending: 0, accepted: 0, skipped: 0, failed: 10 };
    const reasons = [{ state: 'failed', reason: 'MAY_HAVE_BEEN_SHOWN', count: 10 }];
    beforeEach(async () => {
      // The other half of the devices is in no question.
      await carillon.sql("DELETE FROM deliveries WHERE gateway = 'fcm'");
      await carillon.sql("DELETE FROM chunks WHERE gateway = 'fcm'");
      await claimed();
      await lapse();
    });

    it('and that is cancelled says that it may have been shown', async () => {
      await cancel();
      await expectInDoubt();
    });

    it('says so only of what its last pass may have sent', async () => {
      await carillon.sql(
        "UPDATE deliveries SET retry_at = now() + interval '1 hour' WHERE message_id = $1 AND seq < 3",
        [ref.messageId],
      );
      await cancel();
      expect(await counts()).toMatchObject({ pending: 0, skipped: 3, failed: 7 });
    });

    it('says so even after a pass that did not reach the gateway', async () => {
      const second = await claimed();
      await chunks.placeDoubt(second);
      await chunks.release(second, { ms: 0 });
      await cancel();
      await expectInDoubt();
    });

    it('says so too when its time is over', async () => {
      await carillon.sql(
        `UPDATE messages SET content = content || '{"validUntil": "2020-01-01T00:00:00Z"}'`,
      );
      await pass();
      await expectInDoubt();
    });

    it('says so too when its devices are gone', async () => {
      await carillon.sql("UPDATE devices SET retired_at = now() WHERE platform = 'ios'");
      await pass();
      await carillon.sql("UPDATE devices SET retired_at = NULL WHERE platform = 'ios'");
      await expectInDoubt();
    });

    it('is sent again, and counts what the gateway says', async () => {
      await pass();
      expect(await carillon.get(Messages).counts(ref.messageId)).toMatchObject({ accepted: 10 });
    });

    async function expectInDoubt(): Promise<void> {
      expect(await counts()).toMatchObject(inDoubt);
      expect(await carillon.get(Messages).reasons(ref.messageId)).toEqual(reasons);
    }
  });

  it('that is cancelled before anybody had it is skipped', async () => {
    await cancel();
    expect(await counts()).toMatchObject({ skipped: 20 });
  });

  it('that is cancelled while an answer is missing says of that one that it may have been shown', async () => {
    const [{ token } = { token: '' }] = await carillon.sql<{ token: string }>(
      "SELECT token FROM devices WHERE platform = 'ios' LIMIT 1",
    );
    carillon.simulator.faults.add({
      gateway: 'apns',
      token,
      times: 1,
      action: { type: 'reset', shown: true },
    });
    await pass();
    expect(await counts()).toMatchObject({ accepted: 9, pending: 11 });
    await cancel();
    expect(await counts()).toMatchObject({ accepted: 9, failed: 1, skipped: 10 });
    expect(await carillon.get(Messages).reasons(ref.messageId)).toEqual([
      { state: 'skipped', reason: 'CANCELLED', count: 10 },
      { state: 'failed', reason: 'MAY_HAVE_BEEN_SHOWN', count: 1 },
    ]);
  });

  describe('whose outcomes can’t be stored', () => {
    beforeAll(async () => {
      await carillon.sql('CREATE SEQUENCE refusals');
      await carillon.sql(
        `CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
         'BEGIN IF nextval(''refusals'') <= tg_argv[0]::int THEN RAISE EXCEPTION ''broken on purpose''; END IF; RETURN new; END'`,
      );
    });
    beforeEach(() => {
      carillon.simulator.ledger.reset();
    });
    afterEach(() => carillon.sql('DROP TRIGGER refuse ON deliveries'));

    const refuse = async (times: number) => {
      await carillon.sql("SELECT setval('refusals', 1, false)");
      await carillon.sql(
        `CREATE TRIGGER refuse BEFORE UPDATE OF gateway_id ON deliveries
         FOR EACH STATEMENT EXECUTE FUNCTION refuse('${times}')`,
      );
    };

    it('for a moment loses none of them, and sends nothing again', async () => {
      await refuse(2);
      await pass();
      expect(await counts()).toMatchObject({ accepted: 10 });
      expect(carillon.simulator.ledger.summary().apns).toMatchObject({ accepted: 10 });
    });

    it('says that they may have been shown when nobody sends them again', async () => {
      await refuse(1_000);
      await pass();
      expect(await stored()).toMatchObject({ state: 'waiting', inDoubt: true });
      await cancel();
      expect(await counts()).toMatchObject({ failed: 10, skipped: 10 });
    });
  });

  describe('of a slow lane', () => {
    const setPace = async (apnsPerSecond: number) => {
      await carillon.get(LaneLimits).set(tester, applicationId, { apnsPerSecond });
    };
    afterEach(() => setPace(100));

    it('leaves its worker to others after some seconds, and is due again', async () => {
      await setPace(1);
      await pass();
      const { accepted, state } = await stored();
      expect(accepted).toBeGreaterThan(0);
      expect(accepted).toBeLessThan(10);
      expect(state).toMatch(/waiting|queued/);
    });

    it('is not sent after its time', async () => {
      await setPace(5);
      carillon.simulator.ledger.reset();
      const clock = carillon.get(DatabaseClock);
      const now = clock.now.bind(clock);
      const isOver = () => carillon.simulator.ledger.summary().apns.accepted >= 2;
      clock.now = () => new Date(now().getTime() + (isOver() ? 25 * hour : 0));
      try {
        await pass();
      } finally {
        clock.now = now;
      }
      expect((await stored()).accepted).toBeLessThan(10);
    });
  });

  it('is no longer held when nobody could be asked for as long as a claim lasts', async () => {
    const chunk = await held();
    expect(carillon.get(Claims).isHeld(chunk)).toBe(true);
    const later = performance.now() + 10_000;
    const stopwatch = jest.spyOn(performance, 'now').mockReturnValue(later);
    expect(carillon.get(Claims).isHeld(chunk)).toBe(false);
    stopwatch.mockRestore();
  });

  describe('that waits for its lane', () => {
    const version = randomUUID();
    let lanes: Lanes;
    beforeEach(async () => {
      lanes = carillon.get(Lanes);
      await carillon.sql('DELETE FROM lanes');
      await carillon.sql("INSERT INTO lanes (application_id, gateway) VALUES ($1, 'apns')", [
        applicationId,
      ]);
    });

    it.each([
      { what: 'a pause', pausedFor: 2, probeIn: 0, hours: 2 },
      { what: 'an open breaker', pausedFor: 0, probeIn: 1, hours: 1 },
      { what: 'both', pausedFor: 2, probeIn: 1, hours: 2 },
    ])('is due when $what ends', async ({ pausedFor, probeIn, hours }) => {
      const chunk = await claimed();
      await open();
      await carillon.sql(
        `UPDATE lanes SET probe_at = now() + make_interval(hours => $1),
           paused_until = now() + make_interval(hours => $2)`,
        [probeIn, pausedFor],
      );
      await chunks.release(chunk, { laneWith: version });
      expect(await dueInMs()).toBeLessThanOrEqual(hours * hour);
      expect(await dueInMs()).toBeGreaterThan((hours - 1) * hour);
    });

    it('is due at once when the breaker accuses other credentials', async () => {
      const chunk = await claimed();
      await open();
      await chunks.release(chunk, { laneWith: randomUUID() });
      expect(await dueInMs()).toBeLessThanOrEqual(0);
    });

    it.each([
      { first: 'the breaker closes', isReleasedFirst: false },
      { first: 'it is released', isReleasedFirst: true },
    ])('is due at once when both happen together and $first first', async ({ isReleasedFirst }) => {
      const chunk = await claimed();
      await open();
      const held = carillon.get(DataSource).createQueryRunner();
      try {
        await held.startTransaction();
        // Who releases has the lane already when it comes to the chunk.
        await held.query(
          isReleasedFirst
            ? 'SELECT FROM chunks WHERE message_id = $1 FOR UPDATE'
            : 'SELECT FROM lanes WHERE application_id = (SELECT application_id FROM messages WHERE id = $1) FOR UPDATE',
          [ref.messageId],
        );
        const release = () => chunks.release(chunk, { laneWith: version });
        const close = () => lanes.prove(applicationId, 'apns', version);
        const under: Promise<unknown>[] = [];
        for (const step of isReleasedFirst ? [release, close] : [close, release]) {
          under.push(step());
          await carillon.until(async () => (await waitingForLocks()) === under.length);
        }
        await held.commitTransaction();
        await Promise.all(under);
      } finally {
        await held.release();
      }
      expect(await stored()).toMatchObject({ state: 'waiting' });
      expect(await dueInMs()).toBeLessThanOrEqual(0);
    });

    const open = () => lanes.open(applicationId, 'apns', version, 'TopicDisallowed');

    async function waitingForLocks(): Promise<number> {
      const [row] = await carillon.sql<{ total: number }>(
        `SELECT count(*)::int AS total FROM pg_stat_activity
         WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      );
      return row?.total ?? 0;
    }
  });

  it('is finished when it is released with nothing to do', async () => {
    const chunk = await claimed();
    await carillon.sql("UPDATE deliveries SET state = 'failed' WHERE message_id = $1", [
      ref.messageId,
    ]);
    expect(await chunks.release(chunk, { ms: 0 })).toBe(true);
    expect(await stored()).toMatchObject({ state: 'finished', owner: null });
    expect(await claim()).toBeUndefined();
  });

  it('whose worker is never heard of again is another’s', async () => {
    await claimed();
    await lapse();
    expect(await backlog.dueLanes()).toContainEqual(lane);
    expect(await claim()).toMatchObject({ number: 0, inDoubt: true });
    expect(await dueInMs()).toBeGreaterThan(0);
  });

  it('of a slow lane waits until one of the two before it is finished', async () => {
    await addChunks(ref.messageId, 9);
    const claims = await Promise.all([1, 2, 3].map(() => backlog.claim(lane, 10)));
    const numbers = claims.flat().map(({ number }) => number);
    expect(numbers.sort()).toEqual([0, 1]);
    expect(await backlog.claim(lane, 10)).toEqual([]);
  });

  it('of one campaign takes turns with those of another in its lane, whatever began first', async () => {
    await carillon.get(LaneLimits).set(tester, applicationId, { apnsPerSecond: 0 });
    await addChunks(ref.messageId, 9);
    expect(await backlog.claim(lane, 4)).toHaveLength(4);
    const { id, messageId } = await carillon.createCampaign(applicationId);
    await carillon.get(CampaignsService).launch(tester, id);
    await carillon.get(CampaignPlanning).plan({ messageId });
    await addChunks(messageId, 9);
    const next = await backlog.claim(lane, 6);
    await carillon.get(LaneLimits).set(tester, applicationId, { apnsPerSecond: 100 });
    expect(next.filter((chunk) => chunk.messageId === messageId)).toHaveLength(5);
  });

  it('of a lane is found, though a thousand are due in another', async () => {
    const other = await carillon.createApplication();
    await carillon.sql(
      `INSERT INTO messages (id, application_id, priority, state, content) VALUES ($1, $2, 'campaign', 'running', '{}')`,
      [randomUUID(), other],
    );
    await carillon.sql(
      `INSERT INTO chunks (message_id, gateway, number, application_id, priority, first_seq, size, wake_at)
       SELECT id, 'apns', n, application_id, priority, n * 1000, 0, now() - interval '1 hour'
       FROM messages, generate_series(1, 1200) AS n WHERE application_id = $1`,
      [other],
    );
    expect(await backlog.dueLanes()).toEqual(
      expect.arrayContaining([lane, { applicationId: other, gateway: 'apns' }]),
    );
  });

  it('that two workers send, because a claim lapsed, counts once and is seen once', async () => {
    carillon.simulator.ledger.reset();
    const first = pass();
    await carillon.until(async () => (await stored()).state === 'working');
    await lapse();
    await Promise.all([first, pass()]);

    expect(carillon.simulator.ledger.summary().apns).toMatchObject({
      accepted: 20,
      devices: 10,
      devicesShowingMoreThanOne: 0,
    });
    expect(await stored()).toMatchObject({ state: 'finished', size: 10, accepted: 10 });
    expect(await carillon.get(Messages).counts(ref.messageId)).toMatchObject({ accepted: 10 });
  });

  async function cancel(): Promise<void> {
    await carillon.get(CampaignsService).cancel(tester, campaignId);
    await carillon.get(Messages).endCancelled();
  }

  const counts = () => carillon.get(Messages).counts(ref.messageId);

  async function claim() {
    const [chunk] = await backlog.claim(lane, 1);
    return chunk;
  }

  async function pass(): Promise<void> {
    await carillon.get(CampaignSender).send(await held());
  }

  /** Adds chunks that hold nothing. */
  async function addChunks(messageId: string, count: number): Promise<void> {
    await carillon.sql(
      `INSERT INTO chunks (message_id, gateway, number, application_id, priority, first_seq, size)
       SELECT id, 'apns', n, application_id, priority, n * 1000, 0 FROM messages, generate_series(1, $2::int) AS n WHERE id = $1`,
      [messageId, count],
    );
  }

  async function held() {
    const chunk = await claim();
    if (chunk === undefined) throw new Error('Not claimed');
    return chunk;
  }

  /** By a worker that renews its claim no more. */
  async function claimed() {
    const chunk = await held();
    carillon.get(Claims).forget(chunk);
    return chunk;
  }

  async function stored(): Promise<Chunk> {
    return carillon.get(DataSource).manager.findOneByOrFail(Chunk, ref);
  }

  /** By the database's clock. */
  async function dueInMs(): Promise<number> {
    const [row] = await carillon.sql<{ ms: number }>(
      `SELECT (extract(epoch FROM wake_at - now()) * 1000)::float8 AS ms FROM chunks
       WHERE message_id = $1 AND gateway = $2 AND number = $3`,
      [ref.messageId, ref.gateway, ref.number],
    );
    return row?.ms ?? NaN;
  }

  async function lapse(): Promise<void> {
    await carillon.sql(
      "UPDATE chunks SET wake_at = now() - interval '1 second' WHERE message_id = $1",
      [ref.messageId],
    );
  }
});
