import { type NotificationInput, NotificationsService } from '@app/campaigns';
import { SystemClock } from '@app/core';
import { DevicesService } from '@app/devices';
import { Carillon, tester } from '@app/testing/harness';

/** Longer than a test may take: who waits it out fails. */
const longMs = 600_000;

const iosToken = (n: number) => n.toString(16).padStart(64, '0');
const none = { sent: 0, failed: 0, pending: 0, total: 0 };

describe('notifyAndCount', () => {
  let carillon: Carillon;
  let notifications: NotificationsService;
  let applicationId: number;

  beforeAll(async () => {
    carillon = await Carillon.start();
    notifications = carillon.get(NotificationsService);
    applicationId = await carillon.createApplication();
    await carillon.startWorker();
  });
  afterAll(() => carillon.close());
  beforeEach(async () => {
    await carillon.sql('TRUNCATE devices, activations, users CASCADE');
    const devices = carillon.get(DevicesService);
    for (let n = 0; n < 20; n++) {
      const registrant = { userId: `user${n}` };
      await devices.register(tester, {
        applicationId,
        platform: 'ios',
        token: iosToken(n),
        registrant,
      });
      const token = `android-${n}`;
      await devices.register(tester, { applicationId, platform: 'android', token, registrant });
    }
  });

  const to = (n: number, changes: Partial<NotificationInput> = {}): NotificationInput => ({
    applicationId,
    userId: `user${n}`,
    content: { title: 'Your code', body: '123 456', silent: false },
    personal: false,
    ...changes,
  });
  const batch = () => Array.from({ length: 20 }, (_, n) => to(n));
  const send = (inputs: NotificationInput[], waitMs = longMs) =>
    notifications.notifyAndCount(tester, inputs, waitMs);

  it('counts what each gateway accepted', async () => {
    expect(await send(batch())).toEqual({
      apns: { sent: 20, failed: 0, pending: 0, total: 20 },
      fcm: { sent: 20, failed: 0, pending: 0, total: 20 },
    });
  });

  it('counts zeros for a user without devices', async () => {
    expect(await send([to(99)])).toEqual({ apns: none, fcm: none });
  });

  it('counts dead tokens as failed', async () => {
    carillon.simulator.devices.unregister('apns', iosToken(0), new SystemClock().now());
    expect(await send([to(0)])).toEqual({
      apns: { sent: 0, failed: 1, pending: 0, total: 1 },
      fcm: { sent: 1, failed: 0, pending: 0, total: 1 },
    });
  });

  it('counts a delivery that is to be tried again as pending, without waiting for it', async () => {
    carillon.simulator.faults.add({
      gateway: 'apns',
      token: iosToken(1),
      times: 1,
      action: { type: 'answer', status: 429, reason: 'TooManyRequests' },
    });
    expect((await send([to(1), to(2)])).apns).toEqual({ sent: 1, failed: 0, pending: 1, total: 2 });
  });

  it('counts a delivery without an answer in time as pending; it ends all the same', async () => {
    carillon.simulator.faults.add({
      gateway: 'fcm',
      token: 'android-3',
      times: 1,
      action: { type: 'latency', ms: 3_000 },
    });
    const { apns, fcm } = await send([to(3)], 1);
    expect(fcm).toEqual({ sent: 0, failed: 0, pending: 1, total: 1 });
    expect(apns.total).toBe(1);
    const [{ id } = { id: '' }] = await carillon.sql<{ id: string }>(
      'SELECT id FROM messages ORDER BY created_at DESC LIMIT 1',
    );
    expect(await carillon.completed(id)).toMatchObject({ total: 2, accepted: 2 });
  });

  it('does not count what is skipped: personal messages to who is not active', async () => {
    await carillon.sql(`UPDATE activations SET status = 'BLOCKED' WHERE user_id = 'user4'`);
    expect(await send([to(4, { personal: true })])).toEqual({ apns: none, fcm: none });
    expect((await send([to(4)])).apns.sent).toBe(1);
  });

  it('keeps batches that are sent at once apart', async () => {
    const [few, many] = await Promise.all([send(batch().slice(5, 10)), send(batch().slice(5))]);
    expect([few.apns.sent, few.fcm.sent]).toEqual([5, 5]);
    expect([many.apns.sent, many.fcm.sent]).toEqual([15, 15]);
  });

  it('sends nothing of a batch of which one message is wrong', async () => {
    const before = await carillon.sql('SELECT count(*) FROM messages');
    const wrong = to(6, { content: { badge: -1, silent: false } });
    await expect(send([to(5), wrong])).rejects.toMatchObject({ code: 'INVALID_MESSAGE' });
    expect(await carillon.sql('SELECT count(*) FROM messages')).toEqual(before);
  });

  it('goes on when its connection breaks, and listens again', async () => {
    const listeners = `FROM pg_stat_activity WHERE application_name = 'carillon outcomes' AND datname = current_database()`;
    await send([to(0)]);
    const ended = await carillon.sql<{ pid: number }>(
      `SELECT pid, pg_terminate_backend(pid) ${listeners}`,
    );
    expect(ended).toHaveLength(1);
    expect((await send([to(1)])).apns.sent).toBe(1);
    await carillon.until(async () => {
      await send([to(1)]);
      const now = await carillon.sql<{ pid: number }>(`SELECT pid ${listeners}`);
      return now.length === 1 && now[0]?.pid !== ended[0]?.pid;
    });
  });
});
