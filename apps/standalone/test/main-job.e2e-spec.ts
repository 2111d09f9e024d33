import { CampaignsService, NotificationsService } from '@app/campaigns';
import { Carillon, tester } from '@app/testing/harness';

describe('the main job', () => {
  let carillon: Carillon;
  let applicationId: number;

  beforeAll(async () => {
    carillon = await Carillon.start();
    applicationId = await carillon.createApplication();
    await carillon.createDevices(applicationId, 3_000);
    await carillon.startWorker();
  });
  afterAll(() => carillon.close());
  beforeEach(() => {
    carillon.simulator.ledger.reset();
  });

  it('shows a campaign on every device of its users, once', async () => {
    const campaign = await carillon.createCampaign(applicationId);
    await carillon.get(CampaignsService).launch(tester, campaign.id);

    expect(await carillon.completed(campaign.messageId)).toEqual({
      total: 3_000,
      pending: 0,
      accepted: 3_000,
      failed: 0,
      skipped: 0,
      expired: 0,
    });
    expect(carillon.simulator.ledger.summary()).toMatchObject({
      apns: { accepted: 1_500, devices: 1_500, shown: 1_500, devicesShowingMoreThanOne: 0 },
      fcm: { accepted: 1_500, devices: 1_500, shown: 1_500, devicesShowingMoreThanOne: 0 },
    });
  });

  it('delivers a notification to one user', async () => {
    const notification = await carillon.get(NotificationsService).notify(tester, {
      applicationId,
      userId: `user-${applicationId}-0`,
      content: { title: 'Your code', body: '123 456', silent: false },
      personal: false,
    });
    expect(await carillon.completed(notification.id)).toMatchObject({ total: 1, accepted: 1 });
  });
});
