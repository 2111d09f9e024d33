import { CampaignsService, NotificationsService } from '@app/campaigns';
import { Clock, type Gateway, SealedSecrets } from '@app/core';
import { Lanes, Messages } from '@app/delivery';
import type { MessageContent } from '@app/push';
import { decodeJwt } from 'jose';
import { Carillon, tester } from '@app/testing/harness';

const minute = 60_000;

interface Device {
  readonly gateway: Gateway;
  readonly token: string;
  readonly userId: string;
}

describe.each([
  { how: '10 minutes ahead', clockAheadMs: 10 * minute },
  { how: '10 minutes behind', clockAheadMs: -10 * minute },
])('where the clocks of API and worker are $how of the database', ({ clockAheadMs }) => {
  let carillon: Carillon;
  let applicationId: number;
  let devices: Device[];

  beforeAll(async () => {
    carillon = await Carillon.start();
    applicationId = await carillon.createApplication();
    await carillon.createDevices(applicationId, 40);
    devices = await carillon.sql<Device>(
      `SELECT CASE platform WHEN 'ios' THEN 'apns' ELSE 'fcm' END AS gateway, token, user_id AS "userId"
       FROM devices JOIN activations ON device_id = devices.id WHERE application_id = $1 ORDER BY devices.id`,
      [applicationId],
    );
    carillon.setClock(clockAheadMs);
    const worker = await carillon.startWorker({ clockAheadMs });
    expect(Math.abs(worker.get(Clock).now().getTime() - Date.now())).toBeGreaterThan(9 * minute);
  });
  afterAll(() => carillon.close());
  beforeEach(() => {
    carillon.simulator.log.reset();
  });

  it('a campaign is delivered, and no lane stops', async () => {
    const { id, messageId } = await carillon.createCampaign(applicationId);
    await carillon.get(CampaignsService).launch(tester, id);
    expect(await carillon.completed(messageId)).toMatchObject({ total: 40, accepted: 40 });
    for (const lane of await carillon.get(Lanes).list(tester, applicationId)) {
      expect(lane).toMatchObject({ openReason: null, pauseReason: null });
    }
  });

  it('the provider token was made at the time of the database', async () => {
    const before = await databaseTime();
    await carillon.sql('DELETE FROM provider_tokens');
    const tokenless = await carillon.createApplication();
    await carillon.createDevices(tokenless, 1);
    const { id, messageId } = await carillon.createCampaign(tokenless);
    await carillon.get(CampaignsService).launch(tester, id);
    expect(await carillon.completed(messageId)).toMatchObject({ accepted: 1 });

    const [row] = await carillon.sql<{ name: string; token: string; minted_at: Date }>(
      'SELECT * FROM provider_tokens',
    );
    if (row === undefined) throw new Error('No token is stored');
    const jwt = carillon.get(SealedSecrets).open(row.token, `provider-token:${row.name}`);
    const after = await databaseTime();
    const issuedAtMs = (decodeJwt(jwt).iat ?? 0) * 1_000;
    expectWithin(issuedAtMs, before - 1_000, after);
    expectWithin(row.minted_at.getTime(), before, after);
  });

  it.each<Gateway>(['apns', 'fcm'])('a retry waits as long as %s asked', async (gateway) => {
    const device = deviceOf(gateway);
    const reason = gateway === 'apns' ? 'TooManyRequests' : 'QUOTA_EXCEEDED';
    carillon.simulator.faults.add({
      gateway,
      token: device.token,
      times: 1,
      action: { type: 'answer', status: 429, reason, retryAfterSeconds: 60, quota: 'device' },
    });
    const before = await databaseTime();
    const messageId = await send(device, {});
    const retryAt = async () => {
      const [row] = await carillon.sql<{ at: Date | null }>(
        'SELECT retry_at AS at FROM deliveries WHERE message_id = $1',
        [messageId],
      );
      return row?.at?.getTime();
    };
    await carillon.until(async () => (await retryAt()) !== undefined);
    const after = await databaseTime();
    expectWithin((await retryAt()) ?? 0, before + 60_000, after + 75_000);

    await carillon.sql('UPDATE deliveries SET retry_at = now() WHERE message_id = $1', [messageId]);
    await carillon.sql('UPDATE chunks SET wake_at = now() WHERE message_id = $1', [messageId]);
    expect(await carillon.completed(messageId)).toMatchObject({ accepted: 1 });
  });

  it('a message is sent until its time is over, and not after', async () => {
    const now = await databaseTime();
    const valid = { validUntil: new Date(now + 5 * minute) };
    const over = { validUntil: new Date(now - 5 * minute) };
    for (const gateway of ['apns', 'fcm'] as const) {
      expect(await carillon.completed(await send(deviceOf(gateway), valid))).toMatchObject({
        accepted: 1,
      });
      expect(await carillon.completed(await send(deviceOf(gateway), over))).toMatchObject({
        expired: 1,
      });
    }
  });

  it('FCM keeps a message for as long as it is valid', async () => {
    const before = await databaseTime();
    const validUntil = new Date(before + 60 * minute);
    await carillon.completed(await send(deviceOf('fcm'), { validUntil }));
    const after = await databaseTime();
    const [request] = carillon.simulator.log.last(1);
    const { message } = JSON.parse(request?.body ?? '') as {
      message: { android: { ttl: string } };
    };
    const left = (at: number) => (validUntil.getTime() - at) / 1_000;
    expectWithin(parseInt(message.android.ttl), left(after) - 1, left(before));
  });

  it('a message is launched at the time of the database', async () => {
    const before = await databaseTime();
    const messageId = await send(deviceOf('apns'), {});
    const after = await databaseTime();
    const { launchedAt } = await carillon.get(Messages).get(messageId);
    expectWithin(launchedAt?.getTime() ?? 0, before, after);
  });

  function deviceOf(gateway: Gateway): Device {
    const device = devices.find((one) => one.gateway === gateway);
    if (device === undefined) throw new Error(`No device for ${gateway}`);
    return device;
  }

  async function send({ userId }: Device, more: Partial<MessageContent>): Promise<string> {
    const content = { title: 'Payment', body: 'You paid $5.00', silent: false, ...more };
    const input = { applicationId, userId, content, personal: false };
    return (await carillon.get(NotificationsService).notify(tester, input)).id;
  }

  async function databaseTime(): Promise<number> {
    const [row] = await carillon.sql<{ now: Date }>('SELECT clock_timestamp() AS now');
    return row?.now.getTime() ?? NaN;
  }
});

function expectWithin(value: number, least: number, most: number): void {
  expect(value).toBeGreaterThanOrEqual(least);
  expect(value).toBeLessThanOrEqual(most);
}
