import { AudiencesService, CampaignPlanning, CampaignsService } from '@app/campaigns';
import { Messages } from '@app/delivery';
import { DevicesService } from '@app/devices';
import { Carillon, tester } from '@app/testing/harness';

const list = (count: number) => Array.from({ length: count }, (_, n) => `user${n}`);

describe('a campaign of PowerAuth Push', () => {
  let carillon: Carillon;
  let campaigns: CampaignsService;
  let audiences: AudiencesService;
  let applicationId: number;
  let id: number;
  let messageId: string;

  beforeAll(async () => {
    carillon = await Carillon.start();
    campaigns = carillon.get(CampaignsService);
    audiences = carillon.get(AudiencesService);
    applicationId = await carillon.createApplication();
  });
  afterAll(() => carillon.close());
  beforeEach(async () => {
    await carillon.sql('TRUNCATE messages, deliveries, devices, activations, users CASCADE');
    ({ id, messageId } = await campaigns.create(tester, {
      applicationId,
      name: 'Balance update',
      content: { title: 'Balance update', silent: true },
      personal: true,
    }));
  });

  const register = async (userId: string) => {
    const token = Buffer.from(userId).toString('hex');
    const registrant = { userId };
    await carillon
      .get(DevicesService)
      .register(tester, { applicationId, platform: 'ios', token, registrant });
  };
  const state = async () => (await carillon.get(Messages).get(messageId)).state;
  /** As a worker would. */
  const plan = () => carillon.get(CampaignPlanning).plan({ messageId });
  /** Each delivery as `user:seq`. */
  const deliveries = async () => {
    const rows = await carillon.sql<{ user_id: string; seq: number }>(
      `SELECT user_id, seq FROM deliveries JOIN activations USING (device_id) WHERE message_id = $1 ORDER BY seq`,
      [messageId],
    );
    return rows.map(({ user_id: user, seq }) => `${user}:${seq}`);
  };

  describe('has users that', () => {
    it('may come at any time, in lists that are empty, long, or overlap a hundredfold', async () => {
      await campaigns.launchLive(tester, id);
      expect(await audiences.addAnytime(tester, id, [])).toMatchObject({ added: 0 });
      expect(await audiences.addAnytime(tester, id, list(10_001))).toMatchObject({ added: 10_001 });
      const users = list(200).map((user) => `more ${user}`);
      const added = await Promise.all(
        Array.from({ length: 100 }, (_, n) =>
          audiences.addAnytime(
            tester,
            id,
            n % 2 === 0 ? users.slice(n) : users.slice(0, 200 - n).toReversed(),
          ),
        ),
      );
      expect(added.reduce((sum, one) => sum + one.added, 0)).toBe(200);
    });

    it('may leave, whoever is there, while others come', async () => {
      await audiences.addAnytime(tester, id, list(100));
      await Promise.all(
        Array.from({ length: 40 }, (_, n) =>
          n % 2 === 0
            ? audiences.addAnytime(tester, id, list(100))
            : audiences.remove(tester, id, list(100).toReversed()),
        ),
      );
      await audiences.remove(tester, id, [...list(100), 'nobody', '', '\0']);
      expect(await audiences.page(tester, id, 0, 10)).toEqual([]);
      expect(await audiences.remove(tester, 3_000_000_000, ['ann'])).toBe(0);
    });

    it('are paged through in one order', async () => {
      await audiences.addAnytime(tester, id, ['c', 'a', 'b', 'e', 'd']);
      expect(await audiences.page(tester, id, 0, 2)).toEqual(['a', 'b']);
      expect(await audiences.page(tester, id, 4, 2)).toEqual(['e']);
      expect(await audiences.page(tester, id, 4_000_000_000_000, 2)).toEqual([]);
      expect(await audiences.page(tester, 0, 0, 2)).toEqual([]);
    });
  });

  it('goes by a second launch to those who were added since, and to nobody again', async () => {
    for (const user of ['ann', 'ben', 'carl']) await register(user);
    await audiences.addAnytime(tester, id, ['ann']);
    await campaigns.launchLive(tester, id);
    await plan();
    expect(await deliveries()).toEqual(['ann:0']);

    await audiences.addAnytime(tester, id, ['ben', 'carl']);
    await Promise.all([campaigns.launchLive(tester, id), campaigns.launchLive(tester, id)]);
    expect(await state()).toBe('planning');
    await Promise.all([plan(), plan()]);
    expect(await deliveries()).toEqual(['ann:0', 'ben:1000', 'carl:1001']);
    expect(await carillon.get(Messages).counts(messageId)).toMatchObject({ total: 3, pending: 3 });
    expect(await state()).toBe('running');
  });

  it('completes again after a launch that finds nobody new', async () => {
    await campaigns.launchLive(tester, id);
    await plan();
    expect(await state()).toBe('completed');
    await campaigns.launchLive(tester, id);
    await plan();
    expect(await state()).toBe('completed');
  });

  it.each(['pause', 'cancel'] as const)('stays as it is after a %s', async (verb) => {
    await register('ann');
    await audiences.addAnytime(tester, id, ['ann']);
    await campaigns.launchLive(tester, id);
    await plan();
    await campaigns[verb](tester, id);
    const before = await state();
    await campaigns.launchLive(tester, id);
    expect(await state()).toBe(before);
  });

  it('is listed as unsent until it completed', async () => {
    const idsOf = async (onlyUnsent: boolean) =>
      (await campaigns.listAll(tester, onlyUnsent)).map((campaign) => campaign.id);
    expect(await idsOf(true)).toEqual([id]);
    await campaigns.launchLive(tester, id);
    await plan();
    expect(await idsOf(true)).toEqual([]);
    expect(await idsOf(false)).toEqual([id]);
  });

  it('is tried with one user, aloud, and does not change by that', async () => {
    await register('ann');
    const test = await campaigns.sendTest(tester, id, 'ann');
    expect(test.message).toMatchObject({ personal: false, content: { silent: false } });
    expect(await carillon.get(Messages).counts(test.id)).toMatchObject({ total: 1 });
    expect(await state()).toBe('draft');
  });

  describe('is removed', () => {
    const left = async () => {
      const rows = await carillon.sql<{ rows: number }>(
        `SELECT (SELECT count(*) FROM messages) + (SELECT count(*) FROM deliveries) + (SELECT count(*) FROM chunks)
           + (SELECT count(*) FROM campaigns) + (SELECT count(*) FROM campaign_users) AS rows`,
      );
      return Number(rows[0]?.rows);
    };

    it('with all that belongs to it, once', async () => {
      await audiences.addAnytime(tester, id, ['ann']);
      expect(
        await Promise.all([campaigns.remove(tester, id), campaigns.remove(tester, id)]),
      ).toContainEqual(expect.objectContaining({ id }));
      expect(await campaigns.remove(tester, id)).toBeNull();
      expect(await campaigns.remove(tester, 3_000_000_000)).toBeNull();
      expect(await left()).toBe(0);
    });

    it('while it runs', async () => {
      await register('ann');
      await audiences.addAnytime(tester, id, ['ann']);
      await campaigns.launchLive(tester, id);
      await plan();
      expect(await deliveries()).toHaveLength(1);
      expect(await campaigns.remove(tester, id)).toMatchObject({ id });
      expect(await left()).toBe(0);
    });

    it('while it is planned and launched again', async () => {
      await register('ann');
      await audiences.addAnytime(tester, id, ['ann']);
      await campaigns.launchLive(tester, id);
      const ignore = () => undefined;
      await Promise.all([
        plan().catch(ignore),
        campaigns.remove(tester, id),
        campaigns.launchLive(tester, id).catch(ignore),
        audiences.addAnytime(tester, id, ['ben']).catch(ignore),
      ]);
      expect(await left()).toBe(0);
    });
  });
});
