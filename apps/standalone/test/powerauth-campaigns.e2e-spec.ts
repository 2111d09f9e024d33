import { LaneLimits } from '@app/delivery';
import { AudiencesService, CampaignsService } from '@app/campaigns';
import { Carillon, tester } from '@app/testing/harness';

describe('a campaign of PowerAuth Push', () => {
  let carillon: Carillon;
  let campaigns: CampaignsService;
  let applicationId: number;

  beforeAll(async () => {
    carillon = await Carillon.start({ latencyMs: 20 });
    campaigns = carillon.get(CampaignsService);
    applicationId = await carillon.createApplication({ apnsPerSecond: 500, fcmPerSecond: 500 });
    await carillon.createDevices(applicationId, 4_000);
    await carillon.startWorker();
  });
  afterAll(() => carillon.close());
  beforeEach(() => {
    carillon.simulator.ledger.reset();
  });

  const isUnderWay = () => Promise.resolve(carillon.simulator.ledger.summary().apns.accepted > 0);

  it('that is launched again and again while it is sent reaches each device once', async () => {
    const { id, messageId } = await carillon.createCampaign(applicationId);
    const audiences = carillon.get(AudiencesService);
    const users = Array.from({ length: 4_000 }, (_, n) => `user-${applicationId}-${n}`);
    await audiences.remove(tester, id, users.slice(2_000));
    await campaigns.launchLive(tester, id);
    await carillon.until(isUnderWay);
    await audiences.addAnytime(tester, id, users.slice(2_000, 3_000));
    await campaigns.launchLive(tester, id);
    expect(await carillon.completed(messageId)).toMatchObject({ total: 3_000, accepted: 3_000 });
    await audiences.addAnytime(tester, id, users);
    await campaigns.launchLive(tester, id);
    expect(await carillon.completed(messageId)).toMatchObject({ total: 4_000, accepted: 4_000 });
    const half = { devices: 2_000, devicesShowingMoreThanOne: 0 };
    expect(carillon.simulator.ledger.summary()).toMatchObject({ apns: half, fcm: half });
  });

  it('that is removed while it is sent stops, and leaves the workers well', async () => {
    const setPace = (perSecond: number) =>
      carillon
        .get(LaneLimits)
        .set(tester, applicationId, { apnsPerSecond: perSecond, fcmPerSecond: perSecond });
    const removed = await carillon.createCampaign(applicationId);
    await setPace(10); // for minutes
    await campaigns.launchLive(tester, removed.id);
    await carillon.until(isUnderWay);
    expect(await campaigns.remove(tester, removed.id)).not.toBeNull();
    expect(carillon.simulator.ledger.summary().apns.accepted).toBeLessThan(2_000);
    expect(
      await carillon.sql('SELECT FROM deliveries WHERE message_id = $1 LIMIT 1', [
        removed.messageId,
      ]),
    ).toEqual([]);

    await setPace(0);
    const next = await carillon.createCampaign(applicationId);
    await campaigns.launchLive(tester, next.id);
    expect(await carillon.completed(next.messageId)).toMatchObject({ accepted: 4_000 });
  });
});
