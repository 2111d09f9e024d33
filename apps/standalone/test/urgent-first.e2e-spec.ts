import { CampaignsService, NotificationsService } from '@app/campaigns';
import { type DeliveryCounts, Messages } from '@app/delivery';
import { Carillon, tester } from '@app/testing/harness';

/** More than any of the tests has the time to send. */
const devices = 20_000;

describe('while a campaign is sent at 40 messages a second', () => {
  let carillon: Carillon;
  let applicationId: number;
  let campaign: { readonly id: number; readonly messageId: string };

  beforeAll(async () => {
    // So few that the campaign keeps all of them busy.
    carillon = await Carillon.start({}, { WORKER_CONCURRENCY: '2' });
    applicationId = await carillon.createApplication({ apnsPerSecond: 20, fcmPerSecond: 20 });
    await carillon.createDevices(applicationId, devices);
    await carillon.startWorker();
  });
  afterAll(() => carillon.close());
  beforeEach(async () => {
    carillon.simulator.ledger.reset();
    campaign = await carillon.createCampaign(applicationId);
    await carillon.get(CampaignsService).launch(tester, campaign.id);
    await carillon.until(async () => (await counts()).accepted > 0);
  });
  afterEach(async () => {
    const { message } = await carillon.get(CampaignsService).get(tester, campaign.id);
    if (message.state !== 'cancelled')
      await carillon.get(CampaignsService).cancel(tester, campaign.id);
    await carillon.until(async () => (await counts()).pending === 0);
  });

  it('notifications overtake it', async () => {
    await Promise.all([0, 1, 2, 3].map(notify));
    expect((await counts()).pending).toBeGreaterThan(0);
  });

  it('a pause stops it, and a resumption goes on', async () => {
    const campaigns = carillon.get(CampaignsService);
    await campaigns.pause(tester, campaign.id);
    await carillon.until(async () => !(await isWorkedOn()));
    const paused = await counts();
    expect(paused.pending).toBeGreaterThan(0);
    // The lane goes on meanwhile.
    for (const n of [0, 1, 2, 3]) await notify(n);
    expect(await counts()).toEqual(paused);

    await campaigns.resume(tester, campaign.id);
    await carillon.until(async () => (await counts()).accepted > paused.accepted);
  });

  it('a cancellation skips the rest, and what was shown is what was counted', async () => {
    await carillon.get(CampaignsService).cancel(tester, campaign.id);
    await carillon.until(async () => (await counts()).pending === 0);
    const { accepted, skipped } = await counts();
    expect(accepted + skipped).toBe(devices);
    expect(await carillon.get(Messages).reasons(campaign.messageId)).toEqual([
      { state: 'skipped', reason: 'CANCELLED', count: skipped },
    ]);
    const { apns, fcm } = carillon.simulator.ledger.summary();
    expect(apns.shown + fcm.shown).toBe(accepted);
  });

  it.each(['pause', 'cancel'] as const)('%s a second time is refused', async (verb) => {
    const campaigns = carillon.get(CampaignsService);
    await campaigns[verb](tester, campaign.id);
    await expect(campaigns[verb](tester, campaign.id)).rejects.toMatchObject({
      code: 'WRONG_STATE',
    });
  });

  /** Sends to a user's device, and waits until it is there. */
  async function notify(n: number): Promise<void> {
    const { id } = await carillon.get(NotificationsService).notify(tester, {
      applicationId,
      userId: `user-${applicationId}-${n}`,
      content: { title: 'Your code', body: '123 456', silent: false },
      personal: false,
    });
    expect(await carillon.completed(id)).toMatchObject({ total: 1, accepted: 1 });
  }

  async function isWorkedOn(): Promise<boolean> {
    const working = "SELECT FROM chunks WHERE message_id = $1 AND state = 'working'";
    return (await carillon.sql(working, [campaign.messageId])).length > 0;
  }

  function counts(): Promise<DeliveryCounts> {
    return carillon.get(Messages).counts(campaign.messageId);
  }
});
