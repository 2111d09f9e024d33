import { AudiencesService, CampaignPlanning, CampaignsService } from '@app/campaigns';
import { Messages } from '@app/delivery';
import { Carillon, tester } from '@app/testing/harness';

describe("a campaign's audience", () => {
  let carillon: Carillon;
  let campaigns: CampaignsService;
  let audiences: AudiencesService;
  let applicationId: number;
  let id: number;

  beforeAll(async () => {
    carillon = await Carillon.start();
    campaigns = carillon.get(CampaignsService);
    audiences = carillon.get(AudiencesService);
    applicationId = await carillon.createApplication();
  });
  afterAll(() => carillon.close());
  beforeEach(async () => {
    ({ id } = await carillon.createCampaign(applicationId));
  });

  const size = async () => (await audiences.sizesOf([id])).get(id);
  const users = (count: number) => Array.from({ length: count }, (_, n) => `user-${n}`);

  it('holds each user once, in one list or in several', async () => {
    expect(await audiences.add(tester, id, ['ann', 'ben', 'ann'])).toMatchObject({ added: 2 });
    expect(await audiences.add(tester, id, ['ben', 'carl'])).toMatchObject({ added: 1 });
    expect(await size()).toBe(3);
  });

  it('takes overlapping lists at once, in whatever order', async () => {
    const list = users(10_000);
    const added = await Promise.all(
      Array.from({ length: 8 }, (_, n) =>
        audiences.add(tester, id, n % 2 === 0 ? list : list.toReversed()),
      ),
    );
    expect(added.reduce((sum, one) => sum + one.added, 0)).toBe(10_000);
    expect(await size()).toBe(10_000);
  });

  it.each([
    { what: 'no user', list: [], field: 'userIds' },
    { what: 'more users than a call may name', list: users(10_001), field: 'userIds' },
  ])('takes none of a list with $what', async ({ list, field }) => {
    await expect(audiences.add(tester, id, list)).rejects.toMatchObject({ kind: 'invalid', field });
    expect(await size()).toBe(0);
  });

  it('refuses an id that is wrong and takes the others', async () => {
    await audiences.add(tester, id, ['ann']);
    const ids = ['ann', 'bob', '', 'bob', 'x'.repeat(256), 'half \ud800', 'Zoë 😀'];
    const { users: answered, added } = await audiences.add(tester, id, ids);
    const error = { code: 'INVALID_DEVICE', field: 'userId' };
    expect(answered).toMatchObject([
      { userId: 'ann', isAdded: false },
      { userId: 'bob', isAdded: true },
      { userId: '', isAdded: false, error },
      { userId: 'bob', isAdded: false },
      { isAdded: false, error },
      { isAdded: false, error },
      { userId: 'Zoë 😀', isAdded: true },
    ]);
    expect([added, await size()]).toEqual([2, 3]);
  });

  it('takes the largest list', async () => {
    expect(await audiences.add(tester, id, users(10_000))).toMatchObject({ added: 10_000 });
  });

  it('is closed once the campaign is launched', async () => {
    await campaigns.launch(tester, id);
    await expect(audiences.add(tester, id, ['ann'])).rejects.toMatchObject({ code: 'WRONG_STATE' });
    expect(await size()).toBe(0);
  });

  it('is known to PostgreSQL as soon as it is planned, when it is larger than all before', async () => {
    await carillon.sql('ANALYZE deliveries');
    const large = await carillon.createApplication();
    await carillon.createDevices(large, 10_000);
    const campaign = await carillon.createCampaign(large);
    await campaigns.launch(tester, campaign.id);
    await carillon.get(CampaignPlanning).plan({ messageId: campaign.messageId });
    const [deliveries] = await carillon.sql<{ known: number }>(
      "SELECT reltuples AS known FROM pg_class WHERE oid = 'deliveries'::regclass",
    );
    expect(deliveries?.known).toBeGreaterThanOrEqual(10_000);
  });

  it('is closed even to a list that comes at the moment of the launch: who is added is reached', async () => {
    await carillon.createDevices(applicationId, 100);
    const known = Array.from({ length: 100 }, (_, n) => `user-${applicationId}-${n}`);
    const list = [...users(9_900), ...known];
    for (let round = 0; round < 5; round++) {
      const content = { title: 'Balance update', silent: false };
      const campaign = { applicationId, name: 'Balance update', content, personal: false };
      const { id, messageId } = await campaigns.create(tester, campaign);
      const [added] = await Promise.all([
        audiences.add(tester, id, list).then(
          () => known.length,
          () => 0,
        ),
        campaigns.launch(tester, id).then(() => carillon.get(CampaignPlanning).plan({ messageId })),
      ]);
      expect((await carillon.get(Messages).counts(messageId)).total).toBe(added);
    }
  });
});

describe('a draft', () => {
  let carillon: Carillon;
  let campaigns: CampaignsService;
  let applicationId: number;

  beforeAll(async () => {
    carillon = await Carillon.start();
    campaigns = carillon.get(CampaignsService);
    applicationId = await carillon.createApplication();
  });
  afterAll(() => carillon.close());

  const content = {
    ...{ title: 'Rates', body: 'are up', silent: false },
    validUntil: new Date('2099-01-01T00:00:00Z'),
    extras: { b: [1, 2], a: { d: 1, c: 2 } },
  };
  const trailOf = (id: number) =>
    carillon.sql('SELECT action FROM audit_events WHERE target = $1 ORDER BY id', [
      `campaign:${id}`,
    ]);

  it('that is given what it has leaves no trace', async () => {
    const { id } = await carillon.createCampaign(applicationId);
    await campaigns.update(tester, id, { content });
    const trail = await trailOf(id);
    const extras = { a: { c: 2, d: 1 }, b: [1, 2] };
    await campaigns.update(tester, id, { content: { ...content, extras }, personal: false });
    await campaigns.update(tester, id, { name: ' Balance update ' });
    await campaigns.update(tester, id, {});
    expect(await trailOf(id)).toEqual(trail);
    await campaigns.update(tester, id, { content: { ...content, body: 'are down' } });
    expect(await trailOf(id)).toEqual([...trail, { action: 'campaign.change' }]);
  });
});
