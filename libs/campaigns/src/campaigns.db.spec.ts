import { CampaignsService } from '@app/campaigns';
import { Messages } from '@app/delivery';
import { Carillon } from '../../../apps/standalone/test/harness';

describe("a campaign's audience", () => {
  let carillon: Carillon;
  let campaigns: CampaignsService;
  let applicationId: number;
  let id: number;

  beforeAll(async () => {
    carillon = await Carillon.start();
    campaigns = carillon.get(CampaignsService);
    applicationId = await carillon.createApplication();
  });
  afterAll(() => carillon.close());
  beforeEach(async () => {
    ({ id } = await carillon.createCampaign(applicationId));
  });

  const size = async () => (await campaigns.countUsersOf([id])).get(id);
  const users = (count: number) => Array.from({ length: count }, (_, n) => `user-${n}`);

  it('holds each user once, in one list or in several', async () => {
    expect(await campaigns.addUsers(id, ['ann', 'ben', 'ann'])).toBe(2);
    expect(await campaigns.addUsers(id, ['ben', 'carl'])).toBe(1);
    expect(await size()).toBe(3);
  });

  it('takes overlapping lists at once, in whatever order', async () => {
    const list = users(10_000);
    const added = await Promise.all(
      Array.from({ length: 8 }, (_, n) =>
        campaigns.addUsers(id, n % 2 === 0 ? list : list.toReversed()),
      ),
    );
    expect(added.reduce((sum, one) => sum + one, 0)).toBe(10_000);
    expect(await size()).toBe(10_000);
  });

  it.each([
    { what: 'no user', list: [], field: 'userIds' },
    { what: 'more users than a call may name', list: users(10_001), field: 'userIds' },
    { what: 'an empty user id', list: ['ann', ''], field: 'userId' },
  ])('takes none of a list with $what', async ({ list, field }) => {
    await expect(campaigns.addUsers(id, list)).rejects.toMatchObject({ kind: 'invalid', field });
    expect(await size()).toBe(0);
  });

  it('takes the largest list', async () => {
    expect(await campaigns.addUsers(id, users(10_000))).toBe(10_000);
  });

  it('is closed once the campaign is launched', async () => {
    await campaigns.launch(id);
    await expect(campaigns.addUsers(id, ['ann'])).rejects.toMatchObject({ code: 'WRONG_STATE' });
    expect(await size()).toBe(0);
  });

  it('is closed even to a list that comes at the moment of the launch: who is added is reached', async () => {
    await carillon.createDevices(applicationId, 100);
    const known = Array.from({ length: 100 }, (_, n) => `user-${applicationId}-${n}`);
    const list = [...users(9_900), ...known];
    for (let round = 0; round < 5; round++) {
      const content = { title: 'Balance update', silent: false };
      const campaign = { applicationId, name: 'Balance update', content, personal: false };
      const { id, messageId } = await campaigns.create(campaign);
      const [added] = await Promise.all([
        campaigns.addUsers(id, list).then(
          () => known.length,
          () => 0,
        ),
        campaigns.launch(id).then(() => campaigns.plan({ messageId })),
      ]);
      expect((await carillon.get(Messages).counts(messageId)).total).toBe(added);
    }
  });
});
