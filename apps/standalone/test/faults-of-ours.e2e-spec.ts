import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { ApplicationStore, CredentialsService } from '@app/applications';
import { type ApnsCredential, type FcmCredential } from '@app/push';
import { CampaignsService } from '@app/campaigns';
import type { Gateway } from '@app/core';
import { LaneLimits, type Lane, Lanes, Messages } from '@app/delivery';
import { Accusations, type Device, DevicesService } from '@app/devices';
import type { FaultAction } from '../../simulator/src';
import { Carillon, tester } from '@app/testing/harness';

/** Enough for a verdict about all of them: doubtful answers of fewer than ten users accuse nobody. */
const count = 30;

/** An application with its devices on one platform. */
interface Fleet {
  readonly applicationId: number;
  readonly gateway: Gateway;
  /** In the order in which a campaign sends to them. */
  readonly devices: readonly Device[];
}

interface Case {
  readonly name: string;
  readonly gateway: Gateway;
}

const answer = (status: number, reason: string, more: { retryAfterSeconds?: number } = {}) =>
  ({ type: 'answer', status, reason, ...more }) as const;

describe('a fault', () => {
  let carillon: Carillon;

  beforeAll(async () => {
    carillon = await Carillon.start({ latencyMs: 10 });
    await carillon.startWorker();
  });
  afterAll(() => carillon.close());

  describe('of ours opens the breaker', () => {
    const cases: readonly (Case & {
      readonly reason: string;
      readonly apns?: (right: ApnsCredential) => ApnsCredential;
      readonly fcm?: (right: FcmCredential) => FcmCredential;
      /** What every request meets until the credentials are replaced. */
      readonly fault?: FaultAction;
    })[] = [
      {
        name: 'a private key that Apple does not know',
        gateway: 'apns',
        apns: (right) => ({ ...right, privateKey: anotherKey('P-256') }),
        reason: 'InvalidProviderToken',
      },
      {
        name: 'a bundle that the key may not push to',
        gateway: 'apns',
        apns: (right) => ({ ...right, bundle: 'com.example.another' }),
        reason: 'TopicDisallowed',
      },
      {
        name: 'the tokens of the other environment',
        gateway: 'apns',
        fault: answer(400, 'BadDeviceToken'),
        reason: 'BadDeviceToken',
      },
      {
        name: 'the tokens of another app',
        gateway: 'apns',
        fault: answer(400, 'DeviceTokenNotForTopic'),
        reason: 'DeviceTokenNotForTopic',
      },
      {
        name: 'a private key that Google does not know',
        gateway: 'fcm',
        fcm: ({ projectId, serviceAccount }) => {
          const right = JSON.parse(serviceAccount) as object;
          const wrong = { ...right, private_key: anotherKey('RSA') };
          return { projectId, serviceAccount: JSON.stringify(wrong) };
        },
        reason: 'AccessTokenRefused',
      },
      {
        name: 'a project that the service account may not send for',
        gateway: 'fcm',
        fcm: (right) => ({ ...right, projectId: 'project-app1' }),
        reason: 'PERMISSION_DENIED',
      },
      {
        name: 'the tokens of another project',
        gateway: 'fcm',
        fault: answer(403, 'SENDER_ID_MISMATCH'),
        reason: 'SENDER_ID_MISMATCH',
      },
      {
        name: 'the tokens of web pages, for which Firebase has no key',
        gateway: 'fcm',
        fault: answer(401, 'THIRD_PARTY_AUTH_ERROR'),
        reason: 'THIRD_PARTY_AUTH_ERROR',
      },
      {
        name: 'what Apple may answer one day',
        gateway: 'apns',
        fault: answer(403, 'SomethingNew'),
        reason: 'SomethingNew',
      },
    ];
    const sent = new Map<
      Case,
      { fleet: Fleet; messageId: string; repair: () => Promise<unknown> }
    >();

    beforeAll(async () => {
      const credentials = carillon.get(CredentialsService);
      for (const one of cases) {
        const fleet = await createFleet(one.gateway);
        const { applicationId: id } = fleet;
        const { apns, fcm } = await credentialsOf(id);
        if (one.apns) await credentials.configure(tester, id, 'apns', one.apns(apns));
        if (one.fcm) await credentials.configure(tester, id, 'fcm', one.fcm(fcm));
        if (one.fault) for (const { token } of fleet.devices) refuse(one.gateway, token, one.fault);
        const repair = () =>
          one.gateway === 'apns'
            ? credentials.configure(tester, id, 'apns', { ...apns, environment: 'development' })
            : credentials.configure(tester, id, 'fcm', {
                ...fcm,
                serviceAccount: `${fcm.serviceAccount}\n`,
              });
        sent.set(one, { fleet, messageId: await launch(fleet), repair });
      }
    });

    it.each(cases)('$name: nothing is lost, and no device pays', async (one) => {
      const { fleet, messageId } = sent.get(one) ?? missing(one);
      await carillon.until(async () => (await laneOf(fleet))?.openReason === one.reason);
      expect(await carillon.get(Messages).counts(messageId)).toMatchObject({
        total: count,
        pending: count,
      });
      expect(await retired(fleet)).toEqual([]);
    });

    it('and each probe that meets the same costs no delivery', async () => {
      const fleet = await createFleet('apns');
      for (const { token } of fleet.devices) refuse('apns', token, answer(400, 'BadDeviceToken'));
      const messageId = await launch(fleet);
      await carillon.until(async () => (await laneOf(fleet))?.openReason === 'BadDeviceToken');
      await carillon.until(async () => (await tried(messageId)) > 0);
      const before = await tried(messageId);
      await carillon.until(async () => {
        await carillon.sql('UPDATE lanes SET probe_at = now() WHERE application_id = $1', [
          fleet.applicationId,
        ]);
        await carillon.sql(
          "UPDATE chunks SET wake_at = now() WHERE message_id = $1 AND state = 'waiting'",
          [messageId],
        );
        return (await tried(messageId)) > before + 2;
      });
      expect(await carillon.get(Messages).counts(messageId)).toMatchObject({ pending: count });
      expect(await retired(fleet)).toEqual([]);
    });

    describe('until the credentials are replaced', () => {
      beforeAll(() => {
        carillon.simulator.faults.clear();
        return Promise.all([...sent.values()].map(({ repair }) => repair()));
      });

      it.each(cases)('$name', async (one) => {
        const { fleet, messageId } = sent.get(one) ?? missing(one);
        expect(await carillon.completed(messageId)).toMatchObject({ accepted: count });
        expect(await laneOf(fleet)).toMatchObject({ openVersion: null, openReason: null });
      });
    });
  });

  describe('of the way or of the moment is made good, and the device shows the message once:', () => {
    const retryAfterSeconds = 1;
    const cases: readonly (Case & {
      /** What the first request for one device meets, while others are under way. */
      readonly fault: FaultAction;
      /** Which device; one in the middle by default, for it comes when the connection has answered others. */
      readonly struck?: number;
      /** Why the lane had to pause, where it had to. */
      readonly pauseReason?: string;
    })[] = [
      {
        name: 'one device gets too much (APNs)',
        gateway: 'apns',
        fault: answer(429, 'TooManyRequests', { retryAfterSeconds }),
      },
      {
        name: 'one device gets too much (FCM)',
        gateway: 'fcm',
        fault: { ...answer(429, 'QUOTA_EXCEEDED', { retryAfterSeconds }), quota: 'device' },
      },
      {
        name: "the project's quota is used up",
        gateway: 'fcm',
        fault: answer(429, 'QUOTA_EXCEEDED', { retryAfterSeconds }),
        pauseReason: 'QUOTA_EXCEEDED',
      },
      {
        name: 'APNs is overloaded',
        gateway: 'apns',
        fault: answer(503, 'ServiceUnavailable', { retryAfterSeconds }),
        pauseReason: 'ServiceUnavailable',
      },
      {
        name: 'FCM is overloaded',
        gateway: 'fcm',
        fault: answer(503, 'UNAVAILABLE', { retryAfterSeconds }),
        pauseReason: 'UNAVAILABLE',
      },
      { name: 'APNs fails', gateway: 'apns', fault: answer(500, 'InternalServerError') },
      { name: 'FCM fails', gateway: 'fcm', fault: answer(500, 'INTERNAL') },
      { name: 'GOAWAY (APNs)', gateway: 'apns', fault: { type: 'goaway', afterRequests: 1 } },
      { name: 'GOAWAY (FCM)', gateway: 'fcm', fault: { type: 'goaway', afterRequests: 1 } },
      { name: 'RST_STREAM (APNs)', gateway: 'apns', fault: { type: 'reset' } },
      {
        name: 'RST_STREAM, shown already (APNs)',
        gateway: 'apns',
        fault: { type: 'reset', shown: true },
      },
      {
        name: 'RST_STREAM, shown already (FCM)',
        gateway: 'fcm',
        fault: { type: 'reset', shown: true },
      },
      {
        name: 'a lost connection (APNs)',
        gateway: 'apns',
        fault: { type: 'destroy', shown: true },
      },
      { name: 'a lost connection (FCM)', gateway: 'fcm', fault: { type: 'destroy', shown: true } },
      {
        name: 'a new connection, lost before it answered any',
        gateway: 'apns',
        fault: { type: 'destroy', shown: true },
        struck: 0,
        pauseReason: 'ConnectionLost',
      },
    ];
    const sent = new Map<Case, { fleet: Fleet; messageId: string }>();

    beforeAll(async () => {
      for (const one of cases) {
        const fleet = await createFleet(one.gateway);
        strike(one.gateway, fleet.devices[one.struck ?? count / 2], one.fault);
        sent.set(one, { fleet, messageId: await launch(fleet) });
      }
    });

    it.each(cases)('$name', async (one) => {
      const { fleet, messageId } = sent.get(one) ?? missing(one);
      expect(await carillon.completed(messageId)).toMatchObject({ total: count, accepted: count });
      expect(shownOn(fleet)).toEqual(Array(count).fill(1));
      expect(await retired(fleet)).toEqual([]);
      expect(await laneOf(fleet)).toMatchObject({
        pauseReason: one.pauseReason ?? null,
        openReason: null,
      });
    });

    it('a gateway that answers 503 to most and names no time: the lane pauses', async () => {
      const fleet = await createFleet('apns');
      for (const device of fleet.devices) strike('apns', device, answer(503, 'ServiceUnavailable'));
      const messageId = await launch(fleet);
      expect(await carillon.completed(messageId)).toMatchObject({ total: count, accepted: count });
      expect(await laneOf(fleet)).toMatchObject({ pauseReason: 'ServiceUnavailable' });
    });

    it('a gateway that refuses connections for a second', async () => {
      const fleets = [await createFleet('apns'), await createFleet('fcm')];
      const setPace = async (perSecond: number) => {
        const limits = { apnsPerSecond: perSecond, fcmPerSecond: perSecond };
        for (const { applicationId } of fleets)
          await carillon.get(LaneLimits).set(tester, applicationId, limits);
      };
      await setPace(1);
      const messageIds = await Promise.all(fleets.map(launch));
      await carillon.until(async () => (await accepted(messageIds)) > 0);
      for (const { gateway } of fleets) {
        carillon.simulator.faults.add({ gateway, action: { type: 'refuse', ms: 1_000 } });
      }
      expect(await accepted(messageIds)).toBeLessThan(2 * count);
      await setPace(0);
      for (const messageId of messageIds) await carillon.completed(messageId);
      expect(await accepted(messageIds)).toBe(2 * count);
      expect(fleets.flatMap(shownOn)).toEqual(Array(2 * count).fill(1));
    });
  });

  describe('of one message or one token', () => {
    const hour = 3_600_000;
    const cases: readonly (Case & {
      readonly fault: ReturnType<typeof answer>;
      /** Since when the gateway knows the token to be dead, as seen from the device's registration. */
      readonly deadSinceMs?: number;
      readonly retires: boolean;
      readonly suspects?: boolean;
    })[] = [
      {
        name: 'keeps the device: PayloadTooLarge',
        gateway: 'apns',
        fault: answer(413, 'PayloadTooLarge'),
        retires: false,
      },
      {
        name: 'retires the device: INVALID_ARGUMENT that blames the token',
        gateway: 'fcm',
        fault: answer(400, 'INVALID_ARGUMENT'),
        retires: true,
      },
      {
        name: 'suspects the device: BadDeviceToken among accepted ones',
        gateway: 'apns',
        fault: answer(400, 'BadDeviceToken'),
        retires: false,
        suspects: true,
      },
      {
        name: 'suspects the device: SENDER_ID_MISMATCH among accepted ones',
        gateway: 'fcm',
        fault: answer(403, 'SENDER_ID_MISMATCH'),
        retires: false,
        suspects: true,
      },
      {
        name: 'keeps the device: a token of a web page (FCM)',
        gateway: 'fcm',
        fault: answer(401, 'THIRD_PARTY_AUTH_ERROR'),
        retires: false,
      },
      {
        name: 'keeps the device: a code that nobody knows (FCM)',
        gateway: 'fcm',
        fault: answer(403, 'SOMETHING_NEW'),
        retires: false,
      },
      {
        name: 'keeps the device: an odd path (APNs)',
        gateway: 'apns',
        fault: answer(404, 'BadPath'),
        retires: false,
      },
      {
        name: 'keeps the device: a reason that nobody knows (APNs)',
        gateway: 'apns',
        fault: answer(403, 'SomethingNew'),
        retires: false,
      },
      {
        name: 'retires the device: Unregistered since a time after its registration',
        gateway: 'apns',
        fault: answer(410, 'Unregistered'),
        deadSinceMs: hour,
        retires: true,
      },
      {
        name: 'suspects the device: Unregistered since a time before its registration',
        gateway: 'apns',
        fault: answer(410, 'Unregistered'),
        deadSinceMs: -hour,
        retires: false,
        suspects: true,
      },
      {
        name: 'retires the device: UNREGISTERED',
        gateway: 'fcm',
        fault: answer(404, 'UNREGISTERED'),
        retires: true,
      },
    ];
    const sent = new Map<Case, { fleet: Fleet; victim: Device; messageId: string }>();

    beforeAll(async () => {
      for (const one of cases) {
        const fleet = await createFleet(one.gateway);
        const victim = fleet.devices[count / 2] ?? missing(one);
        const since = one.deadSinceMs;
        refuse(one.gateway, victim.token, {
          ...one.fault,
          ...(since !== undefined && { timestamp: victim.registeredAt.getTime() + since }),
        });
        sent.set(one, { fleet, victim, messageId: await launch(fleet) });
      }
    });

    it.each(cases)('$name', async (one) => {
      const { fleet, victim, messageId } = sent.get(one) ?? missing(one);
      const { reason } = one.fault;
      expect(await carillon.hurried(messageId)).toMatchObject({ accepted: count - 1, failed: 1 });
      expect(await carillon.get(Messages).reasons(messageId)).toEqual([
        { state: 'failed', reason, count: 1 },
      ]);
      expect(await retired(fleet)).toEqual(
        one.retires ? [expect.objectContaining({ id: victim.id, retiredReason: reason })] : [],
      );
      expect(
        await carillon.get(Accusations).suspicionsOf(fleet.devices.map(({ id }) => id)),
      ).toMatchObject(one.suspects === true ? [{ deviceId: victim.id, reason }] : []);
      expect(await laneOf(fleet)).toMatchObject({ openReason: null });
    });

    it('retires a device until it registers again', async () => {
      const fleet = await createFleet('apns');
      const [device = missing('device')] = fleet.devices;
      strike('apns', device, answer(410, 'Unregistered'));
      await carillon.completed(await launch(fleet));
      expect(await retired(fleet)).toHaveLength(1);
      expect(await carillon.completed(await launch(fleet))).toMatchObject({ total: count - 1 });

      await register(fleet.applicationId, 'apns', device.token, 0);
      expect(await retired(fleet)).toEqual([]);
      expect(await carillon.completed(await launch(fleet))).toMatchObject({ accepted: count });
    });
  });

  async function createFleet(gateway: Gateway): Promise<Fleet> {
    const applicationId = await carillon.createApplication();
    const tokens = Array.from({ length: count }, () => randomBytes(32).toString('hex'));
    const devices = await Promise.all(
      tokens.map((token, n) => register(applicationId, gateway, token, n)),
    );
    // Those that register at once get their ids in any order.
    return {
      applicationId,
      gateway,
      devices: devices.toSorted((a, b) => Number(a.id) - Number(b.id)),
    };
  }

  async function register(applicationId: number, gateway: Gateway, token: string, n: number) {
    return carillon.get(DevicesService).register(tester, {
      applicationId,
      platform: gateway === 'apns' ? 'ios' : 'android',
      token,
      registrant: { userId: `user-${applicationId}-${n}` },
    });
  }

  async function launch({ applicationId }: Fleet): Promise<string> {
    const { id, messageId } = await carillon.createCampaign(applicationId);
    await carillon.get(CampaignsService).launch(tester, id);
    return messageId;
  }

  async function credentialsOf(applicationId: number) {
    const store = carillon.get(ApplicationStore);
    const apns = await store.credential(applicationId, 'apns');
    const fcm = await store.credential(applicationId, 'fcm');
    if (apns === undefined || fcm === undefined) throw new Error('It has no credentials');
    const { bundle, keyId, teamId, environment, privateKey } = apns;
    const { projectId, serviceAccount } = fcm;
    return {
      apns: { bundle, keyId, teamId, environment, privateKey },
      fcm: { projectId, serviceAccount },
    };
  }

  function strike(gateway: Gateway, device: Device | undefined, action: FaultAction): void {
    const { token } = device ?? missing('device');
    carillon.simulator.faults.add({ gateway, token, times: 1, action });
  }

  /** As `strike`, for good. */
  function refuse(gateway: Gateway, token: string, action: FaultAction): void {
    carillon.simulator.faults.add({ gateway, token, action });
  }

  /** How often its deliveries were sent without a final answer. */
  async function tried(messageId: string): Promise<number> {
    const [row] = await carillon.sql<{ tried: number }>(
      'SELECT sum(attempts)::int AS tried FROM deliveries WHERE message_id = $1',
      [messageId],
    );
    return row?.tried ?? 0;
  }

  async function laneOf({ applicationId, gateway }: Fleet): Promise<Lane | undefined> {
    const lanes = await carillon.get(Lanes).list(tester, applicationId);
    return lanes.find((lane) => lane.gateway === gateway);
  }

  async function retired({ devices }: Fleet): Promise<Device[]> {
    const found = await carillon.get(DevicesService).find(
      tester,
      devices.map(({ id }) => id),
    );
    expect(found).toHaveLength(count);
    return found.filter(({ retiredAt }) => retiredAt !== null);
  }

  function shownOn({ gateway, devices }: Fleet): number[] {
    return devices.map(({ token }) => carillon.simulator.ledger.of(gateway, token).length);
  }

  async function accepted(messageIds: readonly string[]): Promise<number> {
    const counts = await carillon.get(Messages).countsOf(messageIds);
    return [...counts.values()].reduce((sum, one) => sum + one.accepted, 0);
  }
});

function anotherKey(kind: 'P-256' | 'RSA'): string {
  const { privateKey } =
    kind === 'RSA'
      ? generateKeyPairSync('rsa', { modulusLength: 2048 })
      : generateKeyPairSync('ec', { namedCurve: kind });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

function missing(what: unknown): never {
  throw new Error(`Missing: ${JSON.stringify(what)}`);
}
