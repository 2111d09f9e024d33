import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { ApplicationStore, CredentialsService } from '@app/applications';
import { CampaignsService, NotificationsService } from '@app/campaigns';
import type { Gateway } from '@app/core';
import { type DeliveryCounts, type Lane, Lanes, Messages } from '@app/delivery';
import { Accusations, type Device, DevicesService } from '@app/devices';
import { Carillon, tester } from '@app/testing/harness';

interface Doubtful {
  readonly gateway: Gateway;
  readonly status: number;
  readonly reason: string;
}

/** Of all devices here: what has no token, like the question for an access token, is not struck. */
const tokenPrefix = 'd0';

const doubtful: readonly Doubtful[] = [
  { gateway: 'apns', status: 400, reason: 'BadDeviceToken' },
  { gateway: 'fcm', status: 403, reason: 'SENDER_ID_MISMATCH' },
];

describe('an answer that a dead token and a fault of ours share', () => {
  let carillon: Carillon;

  beforeAll(async () => {
    carillon = await Carillon.start({ latencyMs: 10 });
    await carillon.startWorker();
  });
  afterAll(() => carillon.close());
  afterEach(() => {
    carillon.simulator.faults.clear();
  });

  describe.each(doubtful)('$reason', ({ gateway, status, reason }) => {
    const action = { type: 'answer', status, reason } as const;

    it('for a while in the middle of a campaign: no device pays, and no delivery', async () => {
      const { applicationId, devices } = await createFleet(gateway, 200);
      carillon.simulator.faults.add({ gateway, tokenPrefix, after: 60, times: 100, action });
      const messageId = await launch(applicationId);
      await carillon.until(async () => (await laneOf(applicationId))?.openReason === reason);
      expect(await retired(devices)).toEqual([]);
      carillon.simulator.faults.clear();
      await probeUntil(applicationId, async () => (await countsOf([messageId])).pending === 0);
      expect(await carillon.hurried(messageId)).toMatchObject({ total: 200, accepted: 200 });
      expect(await suspects(devices)).toEqual([]);
    });

    it('for a moment to a few: all get theirs, and nobody is suspect', async () => {
      const { applicationId, devices } = await createFleet(gateway, 20);
      for (const { token } of devices.slice(0, 8)) {
        carillon.simulator.faults.add({ gateway, token, times: 1, action });
      }
      const messageId = await launch(applicationId);
      expect(await carillon.hurried(messageId)).toMatchObject({ total: 20, accepted: 20 });
      expect(await suspects(devices)).toEqual([]);
    });

    it('for one notification after the other: the breaker opens, and the rest waits', async () => {
      const { applicationId, devices, users } = await createFleet(gateway, 60);
      carillon.simulator.faults.add({ gateway, tokenPrefix, action });
      const messageIds: string[] = [];
      for (const userId of users) {
        const { id: messageId } = await notify(applicationId, userId);
        messageIds.push(messageId);
        if (await isOpen()) continue;
        await carillon.until(async () => (await untouched(messageId)) === 0 || (await isOpen()));
      }
      const { failed, pending } = await countsOf(messageIds);
      expect(failed + pending).toBe(60);
      expect(failed).toBeLessThan(15);
      expect(await laneOf(applicationId)).toMatchObject({ openReason: reason });
      expect(await retired(devices)).toEqual([]);

      carillon.simulator.faults.clear();
      await probeUntil(
        applicationId,
        async () => (await countsOf(messageIds)).accepted === 60 - failed,
      );
      expect(await retired(devices)).toEqual([]);

      async function isOpen() {
        return (await laneOf(applicationId))?.openReason === reason;
      }
    });

    it('for all the devices of one user: the others get theirs, and nobody is retired', async () => {
      const { applicationId, devices } = await createFleet(gateway, 10);
      const collector = await registerAll(applicationId, gateway, `user-${applicationId}-0`, 20);
      for (const { token } of collector) carillon.simulator.faults.add({ gateway, token, action });
      const first = await launch(applicationId);
      expect(await carillon.hurried(first)).toMatchObject({ accepted: 10, failed: 20 });
      expect(await laneOf(applicationId)).toMatchObject({ openReason: null });
      expect(await retired([...collector, ...devices])).toEqual([]);
      expect(await suspects([...collector, ...devices])).toHaveLength(20);
    });

    it('for made-up tokens of one user after the key was renewed: the breaker stays shut', async () => {
      const { applicationId, users } = await createFleet(gateway, 3);
      const stranger = `stranger-of-${applicationId}`;
      const madeUp = await registerAll(applicationId, gateway, stranger, 40);
      for (const { token } of madeUp) carillon.simulator.faults.add({ gateway, token, action });
      await renewKey(applicationId, gateway);
      const { id: first } = await notify(applicationId, stranger);
      await carillon.until(async () => (await untouched(first)) === 0);
      for (const userId of users) {
        const { id } = await notify(applicationId, userId);
        expect(await carillon.completed(id)).toMatchObject({ accepted: 1 });
      }
      expect(await laneOf(applicationId)).toMatchObject({ openReason: null });
    });

    it('for some users after the key was renewed: what the lane accepted before speaks for it', async () => {
      const { applicationId, devices, users } = await createFleet(gateway, 40);
      await carillon.hurried(await launch(applicationId));
      await renewKey(applicationId, gateway);
      for (const { token } of devices.slice(0, 12)) {
        carillon.simulator.faults.add({ gateway, token, action });
      }
      const refused = await Promise.all(
        users.slice(0, 12).map((userId) => notify(applicationId, userId)),
      );
      for (const { id } of refused) {
        await carillon.until(async () => (await untouched(id)) === 0);
      }
      expect(await laneOf(applicationId)).toMatchObject({ openReason: null });
      expect(await suspects(devices)).toEqual([]);
    });

    it('for one user’s devices behind an open breaker: a single probe lets the others close it', async () => {
      const { applicationId } = await createFleet(gateway, 0);
      const stranger = `user-${applicationId}-stranger`;
      const madeUp = await registerAll(applicationId, gateway, stranger, 20);
      const users = Array.from({ length: 20 }, (_, n) => `user-${applicationId}-${n}`);
      await Promise.all(users.map((userId) => register(applicationId, gateway, userId)));
      carillon.simulator.faults.add({ gateway, tokenPrefix, action });
      const messageId = await launch(applicationId);
      await carillon.until(async () => (await laneOf(applicationId))?.openReason === reason);
      carillon.simulator.faults.clear();
      for (const { token } of madeUp) carillon.simulator.faults.add({ gateway, token, action });
      await probeOnce(applicationId);
      await carillon.until(async () => (await countsOf([messageId])).accepted > 0);
      await carillon.until(async () => (await laneOf(applicationId))?.openReason === null);
    });

    it('for one device, and again an hour later: it is retired', async () => {
      const { applicationId, devices } = await createFleet(gateway, 10);
      const [{ id, token } = { id: '', token: '' }] = devices;
      await carillon.hurried(await launch(applicationId));
      carillon.simulator.faults.add({ gateway, token, action });
      await carillon.hurried(await launch(applicationId));
      expect(await suspects(devices)).toMatchObject([{ deviceId: id, reason }]);
      expect(await retired(devices)).toEqual([]);

      await anHourLater(applicationId);
      expect(await carillon.hurried(await launch(applicationId))).toMatchObject({
        accepted: 9,
        failed: 1,
      });
      expect(await retired(devices)).toMatchObject([{ id, retiredReason: reason }]);
    });

    it('for one device, which accepts a message afterwards: it is no longer suspect', async () => {
      const { applicationId, devices } = await createFleet(gateway, 10);
      const [{ token } = { token: '' }] = devices;
      carillon.simulator.faults.add({ gateway, token, times: 2, action });
      await carillon.hurried(await launch(applicationId));
      expect(await suspects(devices)).toHaveLength(1);
      await carillon.hurried(await launch(applicationId));
      expect(await suspects(devices)).toEqual([]);
    });
  });

  it('that tells nearly all tokens dead at once retires none of them', async () => {
    const { applicationId, devices } = await createFleet('fcm', 60);
    const action = { type: 'answer', status: 404, reason: 'UNREGISTERED' } as const;
    for (const { token } of devices.slice(5)) {
      carillon.simulator.faults.add({ gateway: 'fcm', token, action });
    }
    expect(await carillon.hurried(await launch(applicationId))).toMatchObject({ failed: 55 });
    expect((await retired(devices)).length).toBeLessThan(30);
    expect(await laneOf(applicationId)).toMatchObject({ openReason: null });
  });

  async function createFleet(gateway: Gateway, count: number) {
    const applicationId = await carillon.createApplication();
    const users = Array.from({ length: count }, (_, n) => `user-${applicationId}-${n}`);
    const devices = await Promise.all(
      users.map((userId) => register(applicationId, gateway, userId)),
    );
    return { applicationId, devices, users };
  }

  function register(applicationId: number, gateway: Gateway, userId: string): Promise<Device> {
    return carillon.get(DevicesService).register(tester, {
      applicationId,
      platform: gateway === 'apns' ? 'ios' : 'android',
      token: tokenPrefix + randomBytes(31).toString('hex'),
      registrant: { userId },
    });
  }

  function registerAll(
    applicationId: number,
    gateway: Gateway,
    userId: string,
    count: number,
  ): Promise<Device[]> {
    return Promise.all(
      Array.from({ length: count }, () => register(applicationId, gateway, userId)),
    );
  }

  /** Gives the same app another key. */
  async function renewKey(applicationId: number, gateway: Gateway): Promise<void> {
    const credentials = carillon.get(CredentialsService);
    const present = await carillon.get(ApplicationStore).credential(applicationId, gateway);
    if (present === undefined) throw new Error('There is no key to renew');
    if (!('teamId' in present)) {
      const serviceAccount = `${present.serviceAccount}\n`;
      await credentials.configure(tester, applicationId, 'fcm', { ...present, serviceAccount });
      return;
    }
    const { publicKey, privateKey } = generateKeyPairSync('ec', {
      ...{ namedCurve: 'P-256' },
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    });
    const keyId = 'RENEWEDKEY';
    const { teamId, bundle } = present;
    carillon.simulator.accounts.registerApnsKey({
      ...{ teamId, keyId, publicKeyPem: publicKey, topics: [bundle] },
    });
    await credentials.configure(tester, applicationId, 'apns', { ...present, keyId, privateKey });
  }

  async function launch(applicationId: number): Promise<string> {
    const { id, messageId } = await carillon.createCampaign(applicationId);
    await carillon.get(CampaignsService).launch(tester, id);
    return messageId;
  }

  async function notify(applicationId: number, userId: string) {
    const content = { title: 'Your code', body: '123 456', silent: false };
    const input = { applicationId, userId, content, personal: false };
    return carillon.get(NotificationsService).notify(tester, input);
  }

  async function countsOf(messageIds: readonly string[]): Promise<DeliveryCounts> {
    const counts = [...(await carillon.get(Messages).countsOf(messageIds)).values()];
    const sum = (of: keyof DeliveryCounts) => counts.reduce((total, one) => total + one[of], 0);
    return {
      total: sum('total'),
      pending: sum('pending'),
      accepted: sum('accepted'),
      failed: sum('failed'),
      skipped: sum('skipped'),
      expired: sum('expired'),
    };
  }

  /** How many deliveries of the message no gateway has said anything about. */
  async function untouched(messageId: string): Promise<number> {
    const [row] = await carillon.sql<{ total: number }>(
      `SELECT count(*)::int AS total FROM deliveries WHERE message_id = $1 AND state = 'pending' AND attempts = 0`,
      [messageId],
    );
    return row?.total ?? 0;
  }

  async function laneOf(applicationId: number): Promise<Lane | undefined> {
    const lanes = await carillon.get(Lanes).list(tester, applicationId);
    return lanes[0];
  }

  async function retired(devices: readonly Device[]): Promise<Device[]> {
    const ids = devices.map(({ id }) => id);
    const found = await carillon.get(DevicesService).find(tester, ids);
    return found.filter(({ retiredAt }) => retiredAt !== null);
  }

  function suspects(devices: readonly Device[]) {
    return carillon.get(Accusations).suspicionsOf(devices.map(({ id }) => id));
  }

  /** Lets the breaker probe, and its chunks try, as often as it takes. */
  async function probeUntil(applicationId: number, condition: () => Promise<boolean>) {
    await carillon.until(async () => {
      if (await condition()) return true;
      await probeOnce(applicationId);
      return false;
    });
  }

  async function probeOnce(applicationId: number): Promise<void> {
    await carillon.sql('UPDATE lanes SET probe_at = now() WHERE application_id = $1', [
      applicationId,
    ]);
    await carillon.sql(
      `UPDATE deliveries SET retry_at = now() FROM messages
       WHERE messages.id = message_id AND application_id = $1 AND retry_at > now()`,
      [applicationId],
    );
    await carillon.sql(
      `UPDATE chunks SET wake_at = now() FROM messages
       WHERE messages.id = message_id AND messages.application_id = $1 AND chunks.state = 'waiting'`,
      [applicationId],
    );
  }

  /** What the lane and its devices know is so much older. */
  async function anHourLater(applicationId: number): Promise<void> {
    const older = "- interval '70 minutes'";
    await carillon.sql(
      `UPDATE devices SET registered_at = registered_at ${older} WHERE application_id = $1`,
      [applicationId],
    );
    await carillon.sql(
      `UPDATE suspects SET since = since ${older} FROM devices
       WHERE devices.id = device_id AND application_id = $1`,
      [applicationId],
    );
    await carillon.sql(
      `UPDATE lane_answers SET first_accepted_at = first_accepted_at ${older} WHERE application_id = $1`,
      [applicationId],
    );
  }
});
