import { ApplicationsService } from '@app/applications';
import { AudiencesService, type CampaignInput, CampaignsService } from '@app/campaigns';
import { Messages } from '@app/delivery';
import { type ActivationStatus, ActivationsService, DevicesService } from '@app/devices';
import { Carillon, tester } from '@app/testing/harness';

const content = { title: 'Balance update', silent: false };

describe('a campaign', () => {
  let carillon: Carillon;
  let applicationId: number;

  beforeAll(async () => {
    carillon = await Carillon.start();
    applicationId = await carillon.createApplication();
    await carillon.startWorker();
  });
  afterAll(() => carillon.close());

  it('reaches a device once, however many users of the audience share it', async () => {
    for (const userId of ['ann', 'ben']) await registerDevice('aa', { userId });
    const counts = await carillon.completed(await launch(['ann', 'ben']));
    expect(counts).toMatchObject({ total: 1, accepted: 1 });
  });

  it('reaches every device of a user', async () => {
    for (const token of ['b1', 'b2']) await registerDevice(token, { userId: 'carl' });
    const counts = await carillon.completed(await launch(['carl']));
    expect(counts).toMatchObject({ total: 2, accepted: 2 });
  });

  describe.each<{ status: ActivationStatus; open: string; personal: string }>([
    { status: 'ACTIVE', open: 'accepted', personal: 'accepted' },
    { status: 'BLOCKED', open: 'accepted', personal: 'skipped' },
    { status: 'PENDING_COMMIT', open: 'accepted', personal: 'skipped' },
  ])('to a device whose activation is $status', ({ status, open, personal }) => {
    const userId = `user of ${status}`;
    beforeAll(async () => {
      const activationId = `activation-${status}`;
      await carillon.get(ActivationsService).register(tester, { activationId, userId, status });
      await registerDevice(Buffer.from(status).toString('hex'), { activationId });
    });

    it(`is ${open}`, async () => {
      expect(await carillon.completed(await launch([userId]))).toMatchObject({
        total: 1,
        [open]: 1,
      });
    });

    it(`is ${personal} when it is personal`, async () => {
      const messageId = await launch([userId], { personal: true });
      expect(await carillon.completed(messageId)).toMatchObject({ total: 1, [personal]: 1 });
      expect(await carillon.get(Messages).reasons(messageId)).toEqual(
        personal === 'accepted'
          ? []
          : [{ state: 'skipped', reason: 'ACTIVATION_NOT_ACTIVE', count: 1 }],
      );
    });
  });

  it('does not reach a device that the user left with a removed activation', async () => {
    const activation = { activationId: 'left', userId: 'dora' };
    const activations = carillon.get(ActivationsService);
    await activations.register(tester, { ...activation, status: 'ACTIVE' });
    await registerDevice('dd', { activationId: 'left' });
    await activations.register(tester, { ...activation, status: 'REMOVED' });
    expect(await carillon.completed(await launch(['dora']))).toMatchObject({ total: 0 });
  });

  it('skips the platform that has no credentials', async () => {
    const { id } = await carillon
      .get(ApplicationsService)
      .create(tester, { name: 'Not configured yet' });
    await registerDevice('ee', { userId: 'eve' }, id);
    const messageId = await launch(['eve'], { applicationId: id });
    expect(await carillon.completed(messageId)).toMatchObject({ total: 1, skipped: 1 });
    expect(await carillon.get(Messages).reasons(messageId)).toEqual([
      { state: 'skipped', reason: 'GATEWAY_NOT_CONFIGURED', count: 1 },
    ]);
  });

  it('expires when it is no longer valid', async () => {
    await registerDevice('ff', { userId: 'fay' });
    const validUntil = new Date(Date.now() - 1_000);
    const messageId = await launch(['fay'], { content: { ...content, validUntil } });
    expect(await carillon.completed(messageId)).toMatchObject({ total: 1, expired: 1 });
    expect(await carillon.get(Messages).reasons(messageId)).toEqual([
      { state: 'expired', reason: 'VALID_UNTIL_PASSED', count: 1 },
    ]);
  });

  it.each([
    { audience: 'nobody', userIds: [] },
    { audience: 'a user whom nobody knows', userIds: ['stranger'] },
  ])('to $audience completes with nothing to do', async ({ userIds }) => {
    expect(await carillon.completed(await launch(userIds))).toMatchObject({ total: 0, pending: 0 });
  });

  async function registerDevice(
    token: string,
    registrant: { userId: string } | { activationId: string },
    id = applicationId,
  ): Promise<void> {
    await carillon
      .get(DevicesService)
      .register(tester, { applicationId: id, platform: 'ios', token, registrant });
  }

  /** @returns the message's id */
  async function launch(userIds: string[], changes: Partial<CampaignInput> = {}): Promise<string> {
    const campaigns = carillon.get(CampaignsService);
    const { id, messageId } = await campaigns.create(tester, {
      applicationId,
      name: 'Balance update',
      content,
      personal: false,
      ...changes,
    });
    if (userIds.length > 0) await carillon.get(AudiencesService).add(tester, id, userIds);
    await campaigns.launch(tester, id);
    return messageId;
  }
});
