import {
  AudiencesService,
  CampaignPlanning,
  CampaignsService,
  NotificationsService,
} from '@app/campaigns';
import { Actor } from '@app/core';
import { Messages } from '@app/delivery';
import { DevicesService, ProfilesService } from '@app/devices';
import { Carillon, tester } from '@app/testing/harness';

const content = { title: 'Balance update', silent: false };

describe('users with an e-mail', () => {
  let carillon: Carillon;
  let notifications: NotificationsService;
  let applicationId: number;

  beforeAll(async () => {
    carillon = await Carillon.start();
    notifications = carillon.get(NotificationsService);
    applicationId = await carillon.createApplication();
    const profiles = carillon.get(ProfilesService);
    const devices = carillon.get(DevicesService);
    for (const userId of ['ann', 'ben', 'cy']) {
      const email = userId === 'cy' ? 'cy@example.com' : 'family@example.com';
      await profiles.put(tester, { applicationId, userId }, { email });
      for (const token of [`of-${userId}`, 'of-everybody']) {
        const registrant = { userId };
        await devices.register(tester, { applicationId, platform: 'android', token, registrant });
      }
    }
  });
  afterAll(() => carillon.close());

  const send = (addressee: object, actor = tester) =>
    notifications.notify(actor, { applicationId, content, personal: false, ...addressee });
  const deliveriesOf = async (messageId: string) =>
    (await carillon.get(Messages).counts(messageId)).total;

  it('get a notification to it on all devices', async () => {
    const { id, userId } = await send({ email: ' Cy@Example.com ' });
    expect(userId).toBe('cy');
    expect(await deliveriesOf(id)).toBe(2);
    expect(await deliveriesOf((await send({ userId: 'ann' })).id)).toBe(2);
  });

  it.each([
    { what: 'an unknown e-mail', to: { email: 'no@example.com' }, code: 'PROFILE_NOT_FOUND' },
    {
      what: 'an e-mail of several',
      to: { email: ' Family@Example.com ' },
      code: 'AMBIGUOUS_EMAIL',
    },
    { what: 'no e-mail', to: { email: 'ann' }, code: 'INVALID_PROFILE' },
    { what: 'nobody', to: {}, code: 'INVALID_ADDRESSEE' },
    {
      what: 'both',
      to: { userId: 'ann', email: 'cy@example.com' },
      code: 'INVALID_ADDRESSEE',
    },
  ])('get none that is to $what', async ({ to, code }) => {
    await expect(send(to)).rejects.toMatchObject({ code });
  });

  it('are not known to who may not send', async () => {
    const reader = new Actor({ kind: 'client', id: 'crm', permissions: ['campaigns:read'] });
    for (const email of ['cy@example.com', 'no@example.com']) {
      await expect(send({ email }, reader)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    }
  });

  it('join and leave an audience by it', async () => {
    const campaigns = carillon.get(CampaignsService);
    const audiences = carillon.get(AudiencesService);
    const campaign = { applicationId, name: 'Balance update', content, personal: false };
    const { id, messageId } = await campaigns.create(tester, campaign);
    const emails = ['FAMILY@example.com', 'No@example.com'];
    expect(await audiences.add(tester, id, ['cy', 'ann'], emails)).toMatchObject({
      added: 3,
      unknownEmails: ['no@example.com'],
    });
    expect(await audiences.exclude(tester, id, ['nobody'], ['cy@example.com'])).toMatchObject({
      removed: 1,
      unknownEmails: [],
    });
    for (const list of [[], Array.from({ length: 10_001 }, (_, n) => `${n}@example.com`)]) {
      const adding = audiences.add(tester, id, [], list);
      await expect(adding).rejects.toMatchObject({ code: 'INVALID_CAMPAIGN' });
    }
    await campaigns.launch(tester, id);
    await carillon.get(CampaignPlanning).plan({ messageId });
    expect(await deliveriesOf(messageId)).toBe(3);
    const late = audiences.exclude(tester, id, [], ['family@example.com']);
    await expect(late).rejects.toMatchObject({ code: 'WRONG_STATE' });
  });
});
