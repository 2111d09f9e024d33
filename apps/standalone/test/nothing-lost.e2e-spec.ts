import { once } from 'node:events';
import { CampaignPlanning, CampaignsService } from '@app/campaigns';
import { LaneLimits, Messages } from '@app/delivery';
import { Redis } from 'ioredis';
import { Carillon, tester } from '@app/testing/harness';

interface Audience {
  readonly applicationId: number;
  readonly devices: number;
}

describe('every delivery ends in one final state and is seen once', () => {
  let carillon: Carillon;
  let large: Audience;
  let small: Audience;

  beforeAll(async () => {
    carillon = await Carillon.start({ latencyMs: 20 }, { WORKER_CONCURRENCY: '2' });
    large = await createAudience(8_000);
    small = await createAudience(4_000);
  });
  afterAll(() => carillon.close());
  beforeEach(() => {
    carillon.simulator.ledger.reset();
  });

  it('when its worker is killed in the middle', async () => {
    const first = await carillon.startWorkerProcess();
    const messageId = await launchSlowly(large);
    await middle(messageId);
    first.kill('SIGKILL');
    await once(first, 'exit');
    expect((await carillon.get(Messages).counts(messageId)).pending).toBeGreaterThan(0);
    await hurry(large);

    const second = await carillon.startWorker();
    await expectEachDeviceToShowOne(large, messageId);
    await second.close();
  });

  it('when its worker is stopped in the middle: what it had in hand is given back at once', async () => {
    const first = await carillon.startWorkerProcess();
    const messageId = await launchSlowly(small);
    await middle(messageId);
    first.kill('SIGTERM');
    await once(first, 'exit');
    expect(await chunks(messageId, 'accepted > 0 AND accepted < size')).toBeGreaterThan(0);
    expect(await chunks(messageId, "state = 'working'")).toBe(0);
    await hurry(small);

    const second = await carillon.startWorker();
    await expectEachDeviceToShowOne(small, messageId);
    expect(repeats()).toBe(0);
    await second.close();
  });

  it('when the queue loses its jobs in the middle', async () => {
    const worker = await carillon.startWorker();
    const messageId = await launchSlowly(large);
    await middle(messageId);
    expect(await chunks(messageId, "state = 'waiting'")).toBeGreaterThan(0);
    await loseAllJobs();
    await hurry(large);

    await expectEachDeviceToShowOne(large, messageId);
    await worker.close();
  });

  it('when two workers share it, and nothing is sent twice', async () => {
    const workers = await Promise.all([carillon.startWorker(), carillon.startWorker()]);
    const messageId = await launch(small);

    await expectEachDeviceToShowOne(small, messageId);
    expect(repeats()).toBe(0);
    await Promise.all(workers.map((worker) => worker.close()));
  });

  it('when it is launched twice at once: one launch wins', async () => {
    const campaigns = carillon.get(CampaignsService);
    const { id, messageId } = await carillon.createCampaign(small.applicationId);
    const launches = await Promise.allSettled([
      campaigns.launch(tester, id),
      campaigns.launch(tester, id),
    ]);
    expect(launches.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(launches.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: { code: 'WRONG_STATE' },
    });

    const planning = carillon.get(CampaignPlanning);
    await Promise.all([planning.plan({ messageId }), planning.plan({ messageId })]);
    expect(await carillon.get(Messages).counts(messageId)).toMatchObject({
      total: small.devices,
      pending: small.devices,
    });
    await campaigns.cancel(tester, id);
  });

  async function createAudience(devices: number): Promise<Audience> {
    const applicationId = await carillon.createApplication();
    await carillon.createDevices(applicationId, devices);
    return { applicationId, devices };
  }

  async function launch({ applicationId }: Audience): Promise<string> {
    const { id, messageId } = await carillon.createCampaign(applicationId);
    await carillon.get(CampaignsService).launch(tester, id);
    return messageId;
  }

  /** In twenty seconds, so that there is time to do something in the middle of it. */
  async function launchSlowly(audience: Audience): Promise<string> {
    await setPace(audience, audience.devices / 2 / 20);
    return launch(audience);
  }

  const hurry = (audience: Audience) => setPace(audience, 0);

  async function setPace({ applicationId }: Audience, perSecond: number): Promise<void> {
    const limits = { apnsPerSecond: perSecond, fcmPerSecond: perSecond };
    await carillon.get(LaneLimits).set(tester, applicationId, limits);
  }

  async function middle(messageId: string): Promise<void> {
    const messages = carillon.get(Messages);
    await carillon.until(async () => (await messages.counts(messageId)).accepted > 100);
  }

  async function expectEachDeviceToShowOne(
    { devices }: Audience,
    messageId: string,
  ): Promise<void> {
    expect(await carillon.completed(messageId)).toEqual({
      total: devices,
      pending: 0,
      accepted: devices,
      failed: 0,
      skipped: 0,
      expired: 0,
    });
    const half = { devices: devices / 2, devicesShowingMoreThanOne: 0 };
    expect(carillon.simulator.ledger.summary()).toMatchObject({ apns: half, fcm: half });
    const states = await carillon.sql(
      'SELECT state, count(*)::int AS total FROM deliveries WHERE message_id = $1 GROUP BY 1',
      [messageId],
    );
    expect(states).toEqual([{ state: 'accepted', total: devices }]);
  }

  function repeats(): number {
    const { apns, fcm } = carillon.simulator.ledger.summary();
    return apns.replaced + fcm.replaced;
  }

  /** How many chunks of the message there are that are so. */
  async function chunks(messageId: string, condition: string): Promise<number> {
    const rows = await carillon.sql(`SELECT FROM chunks WHERE message_id = $1 AND ${condition}`, [
      messageId,
    ]);
    return rows.length;
  }

  async function loseAllJobs(): Promise<void> {
    const { redisUrl } = carillon.config;
    if (redisUrl === undefined) {
      await carillon.sql('TRUNCATE bullmq.job CASCADE');
      return;
    }
    const redis = new Redis(redisUrl);
    await redis.flushdb();
    await redis.quit();
  }
});
