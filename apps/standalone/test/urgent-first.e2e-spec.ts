import { setTimeout as sleep } from 'node:timers/promises';
import { CampaignsService, NotificationsService } from '@app/campaigns';
import { type DeliveryCounts, Messages } from '@app/delivery';
import { Carillon, tester } from './harness';

const devices = 2_000;

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
    const notifications = await Promise.all(
      [0, 1, 2, 3].map((n) =>
        carillon.get(NotificationsService).send(tester, {
          applicationId,
          userId: `user-${applicationId}-${n}`,
          content: { title: 'Your code', body: '123 456', silent: false },
          personal: false,
        }),
      ),
    );
    for (const { id } of notifications) {
      expect(await carillon.completed(id)).toMatchObject({ total: 1, accepted: 1 });
    }
    expect((await counts()).pending).toBeGreaterThan(devices / 2);
  });

  it('a pause stops it within two seconds, and a resumption goes on', async () => {
    const campaigns = carillon.get(CampaignsService);
    await campaigns.pause(tester, campaign.id);
    await sleep(2_000);
    const paused = await counts();
    expect(paused.pending).toBeGreaterThan(0);
    await sleep(1_000);
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

  function counts(): Promise<DeliveryCounts> {
    return carillon.get(Messages).counts(campaign.messageId);
  }
});
