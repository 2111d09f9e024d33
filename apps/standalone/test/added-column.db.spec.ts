import { randomUUID } from 'node:crypto';
import { CampaignsService, NotificationsService } from '@app/campaigns';
import { DeliveryLists } from '@app/delivery';
import {
  ActivationsService,
  DeviceImportsService,
  DeviceLists,
  DevicesService,
} from '@app/devices';
import { Carillon, tester } from '@app/testing/harness';

/** After five calls PostgreSQL keeps the plan of a prepared statement. */
const often = 7;

describe('a column that a later release adds to every table', () => {
  let carillon: Carillon;
  let applicationId: number;

  beforeEach(async () => {
    carillon = await Carillon.start();
    applicationId = await carillon.createApplication();
  });
  afterEach(() => carillon.close());

  /** By names that a release might take, two of which our statements use for something else. */
  const addColumns = async () => {
    const tables = await carillon.sql<{ name: string }>(
      `SELECT relname AS name FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace`,
    );
    for (const { name } of tables) {
      await carillon.sql(
        `ALTER TABLE "${name}" ADD note text DEFAULT 'new', ADD IF NOT EXISTS created boolean, ADD IF NOT EXISTS address text`,
      );
    }
  };

  it('does not hinder a process whose statements are prepared', async () => {
    await carillon.startWorker();
    const devices = carillon.get(DevicesService);
    const activations = carillon.get(ActivationsService);
    const notifications = carillon.get(NotificationsService);
    const campaigns = carillon.get(CampaignsService);
    const deliveries = carillon.get(DeliveryLists);
    const page = { first: 10 };
    const token = () => `android-${randomUUID()}`;
    const round = async () => {
      const address = () => ({ applicationId, platform: 'android' as const, token: token() });
      const userId = randomUUID();
      const ofUser = { ...address(), registrant: { userId } };
      const device = await devices.register(tester, ofUser);
      expect(device).toMatchObject({ token: ofUser.token, retiredAt: null });
      expect(device).not.toHaveProperty('note');
      expect((await devices.register(tester, ofUser)).id).toBe(device.id);
      const many = Array.from({ length: 5 }, () => ({ ...address(), registrant: { userId } }));
      expect(await Promise.all(many.map((one) => devices.register(tester, one)))).toHaveLength(5);
      const activationId = randomUUID();
      await activations.register(tester, { activationId, userId, status: 'ACTIVE' });
      const shared = await activations.registerDevice(tester, { ...address(), activationId });
      expect(shared).not.toHaveProperty('note');
      await devices.register(tester, { ...address(), registrant: { activationId } });
      await carillon
        .get(DeviceImportsService)
        .register(tester, applicationId, [{ platform: 'android', token: token(), userId }]);
      const [removed] = many;
      expect(
        await devices.remove(tester, applicationId, 'android', removed?.token ?? ''),
      ).not.toBeNull();
      const lists = carillon.get(DeviceLists);
      expect(
        (await lists.list(tester, { applicationId }, 'newest', page)).items.length,
      ).toBeGreaterThan(0);
      expect(await devices.get(tester, device.id)).toMatchObject({ id: device.id });

      const content = { title: 'Hello', silent: false };
      const sent = await notifications.notify(tester, {
        applicationId,
        userId,
        content,
        personal: false,
      });
      const counts = await carillon.completed(sent.id);
      expect(counts.accepted).toBe(counts.total);
      expect(counts.total).toBeGreaterThan(0);
      expect((await deliveries.toUser(userId, [sent.id])).get(sent.id)).toHaveLength(counts.total);
      const campaign = await carillon.createCampaign(applicationId);
      await carillon.sql('INSERT INTO campaign_users (campaign_id, user_id) VALUES ($1, $2)', [
        campaign.id,
        userId,
      ]);
      await campaigns.launch(tester, campaign.id);
      expect((await carillon.completed(campaign.messageId)).accepted).toBe(counts.total);
    };
    for (let call = 0; call < often; call++) await round();
    await addColumns();
    for (let call = 0; call < often; call++) await round();
  });
});
