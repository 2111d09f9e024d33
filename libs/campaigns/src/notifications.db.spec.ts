import { type NotificationInput, NotificationsService } from '@app/campaigns';
import { Actor, type Permission, permissions } from '@app/core';
import { Carillon, tester } from '@app/testing/harness';

const clientWith = (granted: Permission[], applicationIds?: number[]) =>
  new Actor({ kind: 'client', id: 'crm', permissions: granted, applicationIds });

describe('notifications', () => {
  let carillon: Carillon;
  let notifications: NotificationsService;
  let mine: number;
  let other: number;

  beforeAll(async () => {
    carillon = await Carillon.start();
    notifications = carillon.get(NotificationsService);
    mine = await carillon.createApplication();
    other = await carillon.createApplication();
  });
  afterAll(() => carillon.close());
  beforeEach(() => carillon.sql('TRUNCATE audit_events, messages CASCADE'));

  const to = (applicationId: number, userId = 'ann'): NotificationInput => ({
    applicationId,
    userId,
    content: { title: 'Your code', body: '123 456', silent: false },
    personal: false,
  });
  const events = () => carillon.sql('SELECT * FROM audit_events ORDER BY id');
  const stored = () => carillon.sql<{ id: string }>('SELECT message_id AS id FROM notifications');

  it.each<[string, (actor: Actor, input: NotificationInput) => Promise<unknown>]>([
    ['one by one', (actor, input) => notifications.notify(actor, input)],
    ['in a batch', (actor, input) => notifications.notifyAndCount(actor, [input], 0)],
  ])('are sent %s by those with messages:send in the application', async (_, send) => {
    const forbidden = { code: 'FORBIDDEN', permission: 'messages:send' };
    const others = permissions.filter((one) => one !== 'messages:send');
    await expect(send(clientWith(others), to(mine))).rejects.toMatchObject(forbidden);
    const foreign = clientWith(['messages:send'], [other]);
    const missing = { code: 'APPLICATION_NOT_FOUND' };
    await expect(send(foreign, to(mine))).rejects.toMatchObject(missing);
    await expect(send(foreign, to(999_999))).rejects.toMatchObject(missing);
    await expect(send(clientWith(['messages:send']), to(999_999))).rejects.toMatchObject(missing);
    expect(await stored()).toEqual([]);
    expect(await events()).toEqual([]);

    await send(clientWith(['messages:send'], [mine]), to(mine));
    await send(clientWith(['messages:send']), to(other));
    expect(await stored()).toHaveLength(2);
  });

  it('of which one goes to an application out of reach are not sent at all', async () => {
    const batch = [to(mine), to(other)];
    await expect(
      notifications.notifyAndCount(clientWith(['messages:send'], [mine]), batch, 0),
    ).rejects.toMatchObject({ code: 'APPLICATION_NOT_FOUND' });
    expect(await stored()).toEqual([]);
  });

  it('are shown to who may send and to who reads campaigns, in their applications', async () => {
    const { id } = await notifications.notify(tester, to(mine));
    for (const permission of ['messages:send', 'campaigns:read'] as const) {
      const get = (applicationIds?: number[], which = id) =>
        notifications.get(clientWith([permission], applicationIds), which);
      expect(await get([mine])).toMatchObject({ id, userId: 'ann' });
      expect(await get()).toMatchObject({ id });
      await expect(get([other])).rejects.toMatchObject({ code: 'NOTIFICATION_NOT_FOUND' });
      for (const unknown of ['', 'x', '00000000-0000-4000-8000-000000000000']) {
        await expect(get([mine], unknown)).rejects.toMatchObject({
          code: 'NOTIFICATION_NOT_FOUND',
        });
      }
    }
    const others = clientWith(['campaigns:write', 'devices:read']);
    await expect(notifications.get(others, 'x')).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });

  it('leave an event each, with whom it was for and not what it said, in one statement', async () => {
    const batch = [to(mine, 'ann'), to(other, 'ben'), to(mine, 'ann')];
    await notifications.notifyAndCount(clientWith(['messages:send']), batch, 0);
    const written = await carillon.sql<{ target: string }>(
      'SELECT target, actor_id, action, application_id, outcome, before, after FROM audit_events ORDER BY id',
    );
    expect(written).toMatchObject([
      { application_id: mine, after: { userId: 'ann' } },
      { application_id: other, after: { userId: 'ben' } },
      { application_id: mine, after: { userId: 'ann' } },
    ]);
    for (const event of written) {
      expect(event).toMatchObject({
        actor_id: 'crm',
        action: 'notification.send',
        outcome: 'success',
        before: null,
      });
    }
    const targets = (await stored()).map(({ id }) => `notification:${id}`);
    expect(written.map(({ target }) => target).sort()).toEqual(targets.sort());
    expect(JSON.stringify(await events())).not.toContain('123 456');
  });

  it('that are refused leave none', async () => {
    const wrong = { ...to(mine), content: { badge: -1, silent: false } };
    await expect(notifications.notifyAndCount(tester, [to(mine), wrong], 0)).rejects.toMatchObject({
      code: 'INVALID_MESSAGE',
    });
    expect(await events()).toEqual([]);
  });
});
