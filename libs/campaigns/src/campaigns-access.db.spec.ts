import {
  AudiencesService,
  type Campaign,
  CampaignLists,
  CampaignPlanning,
  CampaignsService,
} from '@app/campaigns';
import { Actor, type Permission, permissions } from '@app/core';
import type { SendingPosition } from '@app/delivery';
import { Carillon, tester } from '@app/testing/harness';

const content = { title: 'Your balance', silent: false };

const clientWith = (granted: Permission[], applicationIds?: number[]) =>
  new Actor({ kind: 'client', id: 'crm', permissions: granted, applicationIds });

describe('campaigns', () => {
  let carillon: Carillon;
  let campaigns: CampaignsService;
  let audiences: AudiencesService;
  let mine: number;
  let other: number;

  beforeAll(async () => {
    carillon = await Carillon.start();
    campaigns = carillon.get(CampaignsService);
    audiences = carillon.get(AudiencesService);
    mine = await carillon.createApplication();
    other = await carillon.createApplication();
    await carillon.createDevices(mine, 2);
  });
  afterAll(() => carillon.close());
  beforeEach(() => carillon.sql('TRUNCATE messages, deliveries, campaign_users CASCADE'));

  const draft = (applicationId: number, actor = tester) =>
    campaigns.create(actor, { applicationId, name: 'Balance update', content, personal: false });
  const launched = async (applicationId: number) =>
    campaigns.launch(tester, (await draft(applicationId)).id);
  const running = async (applicationId: number) => {
    const { id, messageId } = await carillon.createCampaign(applicationId);
    await campaigns.launch(tester, id);
    await carillon.get(CampaignPlanning).plan({ messageId });
    return campaigns.get(tester, id);
  };
  const paused = async (applicationId: number) =>
    campaigns.pause(tester, (await running(applicationId)).id);

  const page = async (actor: Actor, first: number) =>
    (await carillon.get(CampaignLists).list(actor, {}, 'oldest', { first })).items;

  const events = (id: number) =>
    carillon.sql<{ action: string; application_id: number; before: object; after: object }>(
      `SELECT action, actor_kind, actor_id, application_id, before, after FROM audit_events
       WHERE target = $1 AND actor_id = 'crm' ORDER BY id`,
      [`campaign:${id}`],
    );

  describe.each<{
    to: string;
    permission: Permission;
    from: () => (applicationId: number) => Promise<Campaign>;
    ask: (actor: Actor, id: number) => Promise<unknown>;
    unknown: 'CAMPAIGN_NOT_FOUND' | null | 0 | [];
    action: string | undefined;
    states: object;
  }>([
    {
      to: 'see one',
      permission: 'campaigns:read',
      from: () => draft,
      ask: (actor, id) => campaigns.get(actor, id),
      unknown: 'CAMPAIGN_NOT_FOUND',
      action: undefined,
      states: {},
    },
    {
      to: 'see its audience',
      permission: 'campaigns:read',
      from: () => draft,
      ask: (actor, id) => audiences.page(actor, id, 0, 10),
      unknown: [],
      action: undefined,
      states: {},
    },
    {
      to: 'add users',
      permission: 'campaigns:write',
      from: () => draft,
      ask: (actor, id) => audiences.add(actor, id, ['ann', 'ben']),
      unknown: 'CAMPAIGN_NOT_FOUND',
      action: 'campaign.users.add',
      states: { before: null, after: { users: 2 } },
    },
    {
      to: 'add users after the launch',
      permission: 'campaigns:write',
      from: () => launched,
      ask: (actor, id) => audiences.addAnytime(actor, id, ['ann']),
      unknown: 'CAMPAIGN_NOT_FOUND',
      action: 'campaign.users.add',
      states: { before: null, after: { users: 1 } },
    },
    {
      to: 'remove users',
      permission: 'campaigns:write',
      from: () => async (applicationId) => {
        const campaign = await draft(applicationId);
        await audiences.add(tester, campaign.id, ['ann', 'ben', 'carl']);
        return campaign;
      },
      ask: (actor, id) => audiences.remove(actor, id, ['ann', 'ben', 'nobody']),
      unknown: 0,
      action: 'campaign.users.remove',
      states: { before: { users: 2 }, after: null },
    },
    {
      to: 'remove one',
      permission: 'campaigns:write',
      from: () => draft,
      ask: (actor, id) => campaigns.remove(actor, id),
      unknown: null,
      action: 'campaign.remove',
      states: { before: null, after: null },
    },
    {
      to: 'launch one',
      permission: 'campaigns:send',
      from: () => draft,
      ask: (actor, id) => campaigns.launch(actor, id),
      unknown: 'CAMPAIGN_NOT_FOUND',
      action: 'campaign.launch',
      states: { before: null, after: null },
    },
    {
      to: 'launch one for who joined since',
      permission: 'campaigns:send',
      from: () => running,
      ask: (actor, id) => campaigns.launchLive(actor, id),
      unknown: 'CAMPAIGN_NOT_FOUND',
      action: 'campaign.launch',
      states: { before: null, after: null },
    },
    {
      to: 'pause one',
      permission: 'campaigns:send',
      from: () => running,
      ask: (actor, id) => campaigns.pause(actor, id),
      unknown: 'CAMPAIGN_NOT_FOUND',
      action: 'campaign.pause',
      states: { before: null, after: null },
    },
    {
      to: 'resume one',
      permission: 'campaigns:send',
      from: () => paused,
      ask: (actor, id) => campaigns.resume(actor, id),
      unknown: 'CAMPAIGN_NOT_FOUND',
      action: 'campaign.resume',
      states: { before: null, after: null },
    },
    {
      to: 'cancel one',
      permission: 'campaigns:send',
      from: () => running,
      ask: (actor, id) => campaigns.cancel(actor, id),
      unknown: 'CAMPAIGN_NOT_FOUND',
      action: 'campaign.cancel',
      states: { before: null, after: null },
    },
    {
      to: 'try one',
      permission: 'campaigns:send',
      from: () => draft,
      ask: (actor, id) => campaigns.sendTest(actor, id, 'ann'),
      unknown: 'CAMPAIGN_NOT_FOUND',
      action: 'campaign.test',
      states: {
        before: null,
        after: { userId: 'ann', notificationId: expect.any(String) as string },
      },
    },
  ])('to $to', ({ permission, from, ask, unknown, action, states }) => {
    const forbidden = { code: 'FORBIDDEN', permission };
    const isMissing = async (answer: Promise<unknown>) => {
      if (typeof unknown === 'string') {
        await expect(answer).rejects.toMatchObject({ code: unknown });
      } else expect(await answer).toEqual(unknown);
    };

    it(`is for those with ${permission} in its application`, async () => {
      const { id } = await from()(mine);
      const others = permissions.filter((one) => one !== permission);
      await expect(ask(clientWith(others), id)).rejects.toMatchObject(forbidden);
      for (const reach of [[other], []]) await isMissing(ask(clientWith([permission], reach), id));
      expect(await events(id)).toEqual([]);

      await ask(clientWith([permission], [mine]), id);
      const event = { actor_kind: 'client', actor_id: 'crm', application_id: mine, ...states };
      expect(await events(id)).toEqual(action === undefined ? [] : [{ ...event, action }]);
    });

    it('tells nobody without it whether there is one', async () => {
      for (const id of [0, 999_999, 3_000_000_000]) {
        await expect(ask(clientWith(['messages:send']), id)).rejects.toMatchObject(forbidden);
        await isMissing(ask(clientWith([permission]), id));
      }
    });
  });

  it('are created by those with campaigns:write in the application', async () => {
    const forbidden = { code: 'FORBIDDEN', permission: 'campaigns:write' };
    await expect(draft(mine, clientWith(['campaigns:send']))).rejects.toMatchObject(forbidden);
    const foreign = clientWith(['campaigns:write'], [other]);
    for (const id of [mine, 999_999]) {
      await expect(draft(id, foreign)).rejects.toMatchObject({ code: 'APPLICATION_NOT_FOUND' });
    }
    await expect(draft(999_999, clientWith(['campaigns:write']))).rejects.toMatchObject({
      code: 'APPLICATION_NOT_FOUND',
    });
    const { id } = await draft(mine, clientWith(['campaigns:write'], [mine]));
    expect(await events(id)).toMatchObject([{ action: 'campaign.create', application_id: mine }]);
  });

  it.each<[string, (actor: Actor) => Promise<readonly Campaign[]>]>([
    ['page by page', (actor) => page(actor, 10)],
    ['at once', (actor) => campaigns.listAll(actor, false)],
    ['while they are not sent', (actor) => campaigns.listAll(actor, true)],
  ])('are listed %s as far as the actor reaches', async (_, list) => {
    const first = await draft(mine);
    const second = await draft(other);
    const seen = async (actor: Actor) => (await list(actor)).map(({ id }) => id);
    await expect(list(clientWith(['campaigns:write']))).rejects.toMatchObject({
      code: 'FORBIDDEN',
      permission: 'campaigns:read',
    });
    expect(await seen(clientWith(['campaigns:read'], [other]))).toEqual([second.id]);
    expect(await seen(clientWith(['campaigns:read'], []))).toEqual([]);
    expect(await seen(clientWith(['campaigns:read']))).toEqual([first.id, second.id]);
  });

  it('fill a page with what the actor reaches', async () => {
    const ids: number[] = [];
    for (let round = 0; round < 3; round++) {
      await draft(other);
      ids.push((await draft(mine)).id);
    }
    const actor = clientWith(['campaigns:read'], [mine]);
    const read = (after?: SendingPosition) =>
      carillon.get(CampaignLists).list(actor, {}, 'oldest', { first: 2, after });
    const first = await read();
    const second = await read(first.items.at(-1));
    expect(first.items.map(({ id }) => id)).toEqual(ids.slice(0, 2));
    expect(second.items.map(({ id }) => id)).toEqual(ids.slice(2));
    expect([first.hasMore, second.hasMore]).toEqual([true, false]);
  });

  it('may be looked at by who is about to send them', async () => {
    const { id } = await draft(mine);
    const sender = clientWith(['campaigns:send'], [mine]);
    await expect(campaigns.get(sender, id)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    expect(await campaigns.get(sender, id, 'campaigns:send')).toMatchObject({ id });
  });

  describe('leave no trace', () => {
    const actor = clientWith([...permissions]);

    it('of what changed nothing', async () => {
      const { id } = await draft(mine);
      await audiences.add(tester, id, ['ann']);
      await audiences.add(actor, id, ['ann']);
      await audiences.remove(actor, id, ['ben']);
      await campaigns.cancel(tester, (await campaigns.launch(tester, id)).id);
      await campaigns.launchLive(actor, id);
      expect(await events(id)).toEqual([]);
    });

    it('of what was refused', async () => {
      const { id } = await draft(mine);
      for (const verb of ['pause', 'resume', 'cancel'] as const) {
        await expect(campaigns[verb](actor, id)).rejects.toMatchObject({ code: 'WRONG_STATE' });
      }
      await campaigns.launch(tester, id);
      await expect(campaigns.launch(actor, id)).rejects.toMatchObject({ code: 'WRONG_STATE' });
      await expect(audiences.add(actor, id, ['ann'])).rejects.toMatchObject({
        code: 'WRONG_STATE',
      });
      await expect(campaigns.sendTest(actor, id, '')).rejects.toMatchObject({ kind: 'invalid' });
      expect(await events(id)).toEqual([]);
    });
  });

  it('are launched by one of two at once, as the trail has it', async () => {
    const { id } = await draft(mine);
    const actor = clientWith(['campaigns:send']);
    const launch = () => campaigns.launch(actor, id).catch(() => undefined);
    await Promise.all([launch(), launch(), launch()]);
    expect(await events(id)).toMatchObject([{ action: 'campaign.launch' }]);
  });

  it('are removed once, and cancelled on the way when they run', async () => {
    const { id } = await running(mine);
    const actor = clientWith(['campaigns:write']);
    await Promise.all([campaigns.remove(actor, id), campaigns.remove(actor, id)]);
    expect(await events(id)).toMatchObject([
      { action: 'campaign.cancel' },
      { action: 'campaign.remove' },
    ]);
  });
});
