import { SystemClock } from '@app/core';
import { type Accusation, Accusations, DevicesService } from '@app/devices';
import { DataSource } from 'typeorm';
import { Carillon, tester } from '@app/testing/harness';

const token = 'ab'.repeat(32);
const hourMs = 3_600_000;

describe('a device that a gateway speaks against', () => {
  let carillon: Carillon;
  let accusations: Accusations;
  let applicationId: number;
  let realm: string;
  let deviceId: string;

  beforeAll(async () => {
    carillon = await Carillon.start();
    accusations = carillon.get(Accusations);
    applicationId = await carillon.createApplication();
    realm = await realmInUse();
  });
  afterAll(() => carillon.close());
  beforeEach(async () => {
    await carillon.sql('TRUNCATE devices CASCADE');
    deviceId = await register();
    // Long ago, so that a test may place moments in between.
    await carillon.sql("UPDATE devices SET registered_at = now() - interval '1 day'");
  });

  it('is retired at once by the certain word that its token is dead', async () => {
    await hear({ weight: 'dead' });
    expect(await state()).toEqual({ retired: 'BadDeviceToken', suspect: null });
  });

  it('is suspect after one doubtful word, and retired after a second one an hour later', async () => {
    await hear({});
    await hear({});
    expect(await state()).toEqual({ retired: null, suspect: 'BadDeviceToken' });
    await later(1.1);
    await hear({});
    expect(await state()).toEqual({ retired: 'BadDeviceToken', suspect: null });
  });

  it('is not retired within the hour', async () => {
    await hear({});
    await later(0.9);
    await hear({});
    expect(await state()).toEqual({ retired: null, suspect: 'BadDeviceToken' });
  });

  it.each([
    ['nothing was accepted', null, null],
    ['nothing was accepted before the first', -0.5, 0],
    ['nothing was accepted between the two', -20, -2],
  ])('is not retired when %s', async (_, first, last) => {
    await hear({});
    await later(1.1);
    await hear({}, { first, last });
    expect(await state()).toEqual({ retired: null, suspect: 'BadDeviceToken' });
  });

  it('is not retired while the doubtful are many', async () => {
    await hear({});
    await later(1.1);
    await hear({ weight: 'noted' });
    expect(await state()).toEqual({ retired: null, suspect: 'BadDeviceToken' });
  });

  it('begins anew in another realm', async () => {
    await hear({}, { realm: 'another app' });
    await later(1.1);
    expect(await state()).toEqual({ retired: null, suspect: null });
    await hear({});
    expect(await state()).toEqual({ retired: null, suspect: 'BadDeviceToken' });
  });

  it('begins anew when it registers again', async () => {
    await hear({});
    await later(1.1);
    await register();
    expect(await state()).toEqual({ retired: null, suspect: null });
    await hear({ readAt: inHours(1) });
    expect(await state()).toEqual({ retired: null, suspect: 'BadDeviceToken' });
  });

  it('stays as it is when it registered after its token was read', async () => {
    await hear({ readAt: inHours(-48), weight: 'dead' });
    await hear({ readAt: inHours(-48) });
    expect(await state()).toEqual({ retired: null, suspect: null });
  });

  it('is suspect when the token died before it was registered, and retired when the gateway insists', async () => {
    const word = { reason: 'Unregistered', weight: 'dead', invalidSince: inHours(-48) } as const;
    await hear(word);
    expect(await state()).toEqual({ retired: null, suspect: 'Unregistered' });
    await later(1.1);
    await hear(word);
    expect(await state()).toEqual({ retired: 'Unregistered', suspect: null });
  });

  it('is no longer suspect when that was found to be our fault', async () => {
    await hear({});
    await accusations.drop(applicationId, realm, 10);
    expect(await state()).toEqual({ retired: null, suspect: null });
    await hear({});
    await later(1.1);
    await accusations.drop(applicationId, realm, 10);
    expect(await state()).toEqual({ retired: null, suspect: 'BadDeviceToken' });
  });

  it('is judged once, and hinders no other, however many speak against many at once', async () => {
    const devices = await Promise.all(
      Array.from({ length: 20 }, (_, n) => register(`${n}`.padStart(64, '0'))),
    );
    const words = devices.map((id, n) => wordOf({ deviceId: id, token: `${n}`.padStart(64, '0') }));
    const { manager } = carillon.get(DataSource);
    await Promise.all(
      [words, [...words].reverse(), words].map((list) =>
        accusations.hear(manager, accuser({}), list),
      ),
    );
    expect(await accusations.suspicionsOf(devices)).toHaveLength(20);
  });

  const inHours = (hours: number) => new Date(new SystemClock().now().getTime() + hours * hourMs);

  interface Trust {
    readonly realm?: string;
    /** In hours from now; null for never. */
    readonly first?: number | null;
    readonly last?: number | null;
  }

  function accuser({ realm: other = realm, first = -20, last = 0 }: Trust) {
    return {
      realm: other,
      firstAcceptedAt: first === null ? null : inHours(first),
      lastAcceptedAt: last === null ? null : inHours(last),
    };
  }

  function wordOf(changes: Partial<Accusation>): Accusation {
    const reason = 'BadDeviceToken';
    return { deviceId, token, reason, readAt: inHours(1), weight: 'suspected', ...changes };
  }

  async function hear(word: Partial<Accusation>, trust: Trust = {}): Promise<void> {
    const { manager } = carillon.get(DataSource);
    await accusations.hear(manager, accuser(trust), [wordOf(word)]);
  }

  /** What was said so far is so much older. */
  async function later(hours: number): Promise<void> {
    await carillon.sql('UPDATE suspects SET since = since - make_interval(secs => $1)', [
      hours * 3_600,
    ]);
  }

  async function state() {
    const { retiredReason: retired } = await carillon.get(DevicesService).get(tester, deviceId);
    const [suspicion] = await accusations.suspicionsOf([deviceId]);
    return { retired, suspect: suspicion?.reason ?? null };
  }

  async function register(as = token): Promise<string> {
    const device = { applicationId, platform: 'ios', token: as } as const;
    return (await carillon.get(DevicesService).register(tester, device)).id;
  }

  async function realmInUse(): Promise<string> {
    const [row] = await carillon.sql<{ realm: string }>(
      "SELECT realm FROM gateway_credentials WHERE application_id = $1 AND gateway = 'apns'",
      [applicationId],
    );
    return row?.realm ?? '';
  }
});
