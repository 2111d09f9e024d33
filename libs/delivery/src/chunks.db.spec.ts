import { CampaignPlanning, CampaignsService } from '@app/campaigns';
import { Chunk, type ChunkRef, Chunks, Dispatcher, Messages } from '@app/delivery';
import { DataSource } from 'typeorm';
import { Carillon, tester } from '../../../apps/standalone/test/harness';

const hour = 3_600_000;

describe('a chunk', () => {
  let carillon: Carillon;
  let chunks: Chunks;
  let applicationId: number;
  let campaignId: number;
  let ref: ChunkRef;

  beforeAll(async () => {
    carillon = await Carillon.start({ latencyMs: 300 });
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
    ref = { messageId, gateway: 'apns', number: 0 };
  });

  it('has one owner, however many want it', async () => {
    const claims = await Promise.all(Array.from({ length: 10 }, () => chunks.claim(ref)));
    expect(claims.filter((claim) => claim !== undefined)).toHaveLength(1);
    expect(await chunks.claim(ref)).toBeUndefined();
  });

  it("is another's once its claim has lapsed, and its first owner can no longer release it", async () => {
    const first = await claimed();
    await lapse();
    const second = await claimed();
    expect(await chunks.release(first)).toBe(false);
    expect(await stored()).toMatchObject({ state: 'working', owner: second.owner });
  });

  it.each(['pause', 'cancel'] as const)('is nobody’s after a %s', async (verb) => {
    await carillon.get(CampaignsService)[verb](tester, campaignId);
    expect(await chunks.claim(ref)).toBeUndefined();
  });

  it('is due at once when it is released with work to do', async () => {
    const chunk = await claimed();
    expect(await chunks.release(chunk)).toBe(false);
    expect(await stored()).toMatchObject({ state: 'waiting', owner: null });
    expect(await dueInMs()).toBeLessThanOrEqual(0);
  });

  it.each([
    { due: [2, 3], notBefore: undefined, hours: 2 },
    { due: [2, 3], notBefore: 1, hours: 2 },
    { due: [2, 3], notBefore: 4, hours: 4 },
  ])(
    'whose deliveries fall due in $due hours, with a pause of $notBefore, is due in $hours',
    async ({ due, notBefore, hours }) => {
      const chunk = await claimed();
      await carillon.sql(
        `UPDATE deliveries SET retry_at = now() + make_interval(hours => ($2::int[])[1 + seq % 2])
         WHERE message_id = $1`,
        [ref.messageId, due],
      );
      const pause = notBefore === undefined ? undefined : new Date(Date.now() + notBefore * hour);
      await chunks.release(chunk, pause);
      const inMs = await dueInMs();
      expect(inMs).toBeLessThanOrEqual(hours * hour);
      expect(inMs).toBeGreaterThan(hours * hour - 60_000);
    },
  );

  it('is finished when it is released with nothing to do', async () => {
    const chunk = await claimed();
    await carillon.sql("UPDATE deliveries SET state = 'failed' WHERE message_id = $1", [
      ref.messageId,
    ]);
    expect(await chunks.release(chunk)).toBe(true);
    expect(await stored()).toMatchObject({ state: 'finished', owner: null });
    expect(await chunks.claim(ref)).toBeUndefined();
  });

  it.each(['queued', 'working'])(
    'that is %s and never heard of again is woken again',
    async (state) => {
      await carillon.sql('UPDATE chunks SET state = $2::chunk_state WHERE message_id = $1', [
        ref.messageId,
        state,
      ]);
      await lapse();
      await chunks.wakeDue();
      expect(await stored()).toMatchObject({ state: 'queued', owner: null });
      expect(await dueInMs()).toBeGreaterThan(0);
    },
  );

  it('of a slow lane waits until one of the two before it is finished', async () => {
    await carillon.sql(
      `INSERT INTO chunks (message_id, gateway, number, first_seq, size)
       SELECT $1, 'apns', n, n * 1000, 0 FROM generate_series(1, 9) AS n`,
      [ref.messageId],
    );
    await Promise.all([chunks.wakeDue(), chunks.wake(ref.messageId), chunks.wakeDue()]);
    const queued = await carillon.get(DataSource).manager.find(Chunk, {
      where: { messageId: ref.messageId, gateway: 'apns', state: 'queued' },
      order: { number: 'ASC' },
    });
    expect(queued.map(({ number }) => number)).toEqual([0, 1]);
  });

  it('that two workers send, because a claim lapsed, counts once and is seen once', async () => {
    carillon.simulator.ledger.reset();
    const dispatcher = carillon.get(Dispatcher);
    const first = dispatcher.dispatch(ref);
    await carillon.until(async () => (await stored()).state === 'working');
    await lapse();
    await Promise.all([first, dispatcher.dispatch(ref)]);

    expect(carillon.simulator.ledger.summary().apns).toMatchObject({
      accepted: 20,
      devices: 10,
      devicesShowingMoreThanOne: 0,
    });
    expect(await stored()).toMatchObject({ state: 'finished', size: 10, accepted: 10 });
    expect(await carillon.get(Messages).counts(ref.messageId)).toMatchObject({ accepted: 10 });
  });

  async function claimed() {
    const chunk = await chunks.claim(ref);
    if (chunk === undefined) throw new Error('Not claimed');
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
