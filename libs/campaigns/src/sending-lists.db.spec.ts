import {
  Campaign,
  CampaignLists,
  CampaignsService,
  Notification,
  NotificationLists,
  NotificationsService,
} from '@app/campaigns';
import { DataSource } from 'typeorm';
import { Carillon, tester } from '@app/testing/harness';

let carillon: Carillon;
let applicationId: number;
beforeAll(async () => {
  carillon = await Carillon.start();
  applicationId = await carillon.createApplication();
});
afterAll(() => carillon.close());

const content = {
  title: 'Your balance',
  body: '"12,50" € 😀',
  silent: false,
  extras: { nested: [null, { deep: true }] },
  validUntil: new Date('2031-01-01T12:00:00.250Z'),
};
const newest = { first: 1 };
const manager = () => carillon.get(DataSource).manager;

/** A list adds where in it they are. */
const placed = (sending: Campaign | Notification, messageId: string) =>
  Object.assign(sending, { messageId, at: expect.stringMatching(/^\d{16}$/) as string });

/** As TypeORM reads them. */
const asStored = { relations: { message: true } };

describe('what the lists read by statements of their own', () => {
  it('is a campaign as it is stored', async () => {
    const campaigns = carillon.get(CampaignsService);
    const { id } = await campaigns.create(tester, {
      applicationId,
      name: 'Spring "offer"',
      content,
      personal: true,
    });
    const where = { id };
    const campaign = await manager().findOneOrFail(Campaign, { ...asStored, where });
    const lists = carillon.get(CampaignLists);
    const { messageId } = campaign;
    expect(await lists.byMessage([messageId])).toEqual(new Map([[messageId, campaign]]));
    const [listed] = (await lists.list(tester, {}, 'newest', newest)).items;
    expect(listed).toEqual(placed(campaign, messageId));
    expect(listed).toBeInstanceOf(Campaign);
  });

  it('is a notification as it is stored', async () => {
    const { id } = await carillon.get(NotificationsService).notify(tester, {
      applicationId,
      userId: 'ann',
      content,
      personal: true,
    });
    const where = { id };
    const notification = await manager().findOneOrFail(Notification, { ...asStored, where });
    const lists = carillon.get(NotificationLists);
    expect(await lists.byId([id])).toEqual(new Map([[id, notification]]));
    for (const filter of [{}, { applicationId }, { userId: 'ann' }]) {
      const [listed] = (await lists.list(tester, filter, newest)).items;
      expect(listed).toEqual(placed(notification, id));
      expect(listed).toBeInstanceOf(Notification);
    }
  });
});
