import { randomUUID } from 'node:crypto';
import type { Gateway } from '@app/core';
import {
  LaneLimits,
  type Lease,
  type LeaseRequest,
  Lanes,
  type MessagePriority,
} from '@app/delivery';
import { Carillon, tester } from '@app/testing/harness';

const gateway: Gateway = 'apns';
const version = randomUUID();

describe('a lane', () => {
  let carillon: Carillon;
  let lanes: Lanes;
  let applicationId: number;
  let messageId: string;

  beforeAll(async () => {
    carillon = await Carillon.start();
    lanes = carillon.get(Lanes);
    applicationId = await carillon.createApplication();
    messageId = randomUUID();
    await carillon.sql(
      `INSERT INTO messages (id, application_id, priority, state, content) VALUES ($1, $2, 'campaign', 'running', '{}')`,
      [messageId, applicationId],
    );
  });
  afterAll(() => carillon.close());
  beforeEach(() => carillon.sql('DELETE FROM lanes'));

  describe('of 1000 messages a second', () => {
    const perSecond = 1_000;

    it('leases a tenth of a second at a time, each when the one before is over', async () => {
      const start = performance.now();
      for (let k = 0; k < 10; k++) {
        const { permits, waitMs } = await granted({ perSecond });
        expect(permits).toBe(100);
        expectWait(waitMs, k * 100, start);
      }
    });

    it('adds up the leases of many workers at once', async () => {
      await granted({ perSecond, wanted: 1 });
      const start = performance.now();
      const leases = await Promise.all(Array.from({ length: 20 }, () => granted({ perSecond })));
      const waits = leases.map(({ waitMs }) => waitMs).sort((a, b) => a - b);
      waits.forEach((waitMs, k) => {
        expectWait(waitMs, k * 100 + 1, start);
      });
    });

    it('lets a transactional message run ahead of campaigns, by a second at most', async () => {
      const start = performance.now();
      for (let k = 0; k < 8; k++) await granted({ perSecond });
      expect(await granted({ perSecond }, 'transactional')).toMatchObject({ waitMs: 0 });
      expectWait((await granted({ perSecond })).waitMs, 900, start);

      for (let k = 0; k < 10; k++) await granted({ perSecond });
      const { waitMs } = await granted({ perSecond }, 'transactional');
      expectWait(waitMs, 1_000, start);
    });

    it('saves nothing up while it is idle', async () => {
      await granted({ perSecond });
      await carillon.sql("UPDATE lanes SET next_at = now() - interval '1 hour'");
      const start = performance.now();
      await granted({ perSecond });
      expectWait((await granted({ perSecond })).waitMs, 100, start);
    });
  });

  it.each([
    { perSecond: 0, wanted: 1_000, permits: 250 },
    { perSecond: 0, wanted: 7, permits: 7 },
    { perSecond: 5, wanted: 1_000, permits: 1 },
    { perSecond: 1_000, wanted: 7, permits: 7 },
    { perSecond: 9_500, wanted: 1_000, permits: 950 },
  ])('of $perSecond a second leases $permits of $wanted', async ({ permits, ...request }) => {
    expect(await granted(request)).toMatchObject({ permits });
  });

  describe('whose limit changes', () => {
    const request = (perSecond: number): LeaseRequest => ({
      ...{ applicationId, gateway, messageId, version, priority: 'campaign' },
      ...{ perSecond, wanted: 1_000 },
    });

    it.each([
      [1, 0],
      [1, 1_000],
      [1_000, 1],
    ])('from %d to %d a second leases by the new one at once, and anew', async (before, after) => {
      await granted({ perSecond: before });
      await carillon.sql("UPDATE lanes SET next_at = now() + interval '1 hour'");
      await limit(after);
      expect(await lanes.stands(request(before))).toBe(false);
      expect(await lanes.lease(request(before))).toMatchObject({ perSecond: after, waitMs: 0 });
      expect(await lanes.stands(request(after))).toBe(true);
    });

    it('and changes back has nothing left of what was leased before', async () => {
      await granted({ perSecond: 1 });
      await carillon.sql("UPDATE lanes SET next_at = now() + interval '1 hour'");
      await granted({ perSecond: 0 });
      expect(await granted({ perSecond: 1 })).toMatchObject({ waitMs: 0 });
    });

    it.each(['pause', 'open'] as const)(
      'or that takes a %s gives back its permits',
      async (verb) => {
        await granted({ perSecond: 1 });
        await carillon.sql("UPDATE lanes SET next_at = now() + interval '1 hour'");
        if (verb === 'pause')
          await lanes.pause(applicationId, gateway, 'ServiceUnavailable', 60_000);
        else await lanes.open(applicationId, gateway, version, 'TopicDisallowed');
        expect(await lanes.stands(request(1))).toBe(false);
        await carillon.sql('UPDATE lanes SET paused_until = now(), open_version = NULL');
        expect(await granted({ perSecond: 1 })).toMatchObject({ waitMs: 0 });
      },
    );
  });

  it.each(['paused', 'cancelled', 'completed'])('leases nothing to a %s message', async (state) => {
    await carillon.sql('UPDATE messages SET state = $1::message_state', [state]);
    expect(await lease({ perSecond: 10 })).toEqual({ kind: 'stopped' });
    await carillon.sql("UPDATE messages SET state = 'running'");
    expect(await granted({ perSecond: 10 })).toMatchObject({ waitMs: 0 });
  });

  describe.each([0, 1_000])('that is told to wait, of %d a second', (perSecond) => {
    it('leases nothing until then', async () => {
      await granted({ perSecond });
      const retryAt = await lanes.pause(applicationId, gateway, 'ServiceUnavailable', 60_000);
      expect(await lease({ perSecond })).toEqual({ kind: 'refused', retryAt });
      await carillon.sql('UPDATE lanes SET paused_until = now()');
      expect(await granted({ perSecond })).toMatchObject({ probe: false });
    });

    it('waits longer each time, until a delivery is accepted', async () => {
      await granted({ perSecond });
      for (const seconds of [1, 2, 4, 8, 16, 32, 64, 64]) await expectPause(seconds);
      await lanes.prove(applicationId, gateway, version);
      await expectPause(1);
    });

    it('refuses credentials with an open breaker, but for one probe a minute', async () => {
      await granted({ perSecond });
      const probeAt = await lanes.open(applicationId, gateway, version, 'InvalidProviderToken');
      expect(await lease({ perSecond })).toEqual({ kind: 'refused', retryAt: probeAt });
      expect(await granted({ perSecond, version: randomUUID() })).toMatchObject({ probe: false });

      await carillon.sql('UPDATE lanes SET probe_at = now()');
      const leases = await Promise.all([1, 2, 3].map(() => lease({ perSecond })));
      expect(leases.filter(({ kind }) => kind === 'granted')).toEqual([
        { kind: 'granted', permits: 1, waitMs: 0, probe: true, perSecond },
      ]);

      await lanes.open(applicationId, gateway, version, 'BadDeviceToken', undefined, 1 / 10);
      const [row] = await carillon.sql<{ soon: boolean }>(
        "SELECT probe_at BETWEEN opened_at AND opened_at + interval '1 minute' AS soon FROM lanes",
      );
      expect(row).toEqual({ soon: true });
      await carillon.sql('UPDATE lanes SET probe_at = now()');
      await lease({ perSecond });

      expect(await provenVersions()).toEqual([null]);
      await lanes.prove(applicationId, gateway, version);
      expect(await provenVersions()).toEqual([version]);
      expect(await granted({ perSecond })).toMatchObject({ probe: false });
    });
  });

  async function lease(
    request: Partial<LeaseRequest>,
    priority: MessagePriority = 'campaign',
  ): Promise<Lease> {
    await limit(request.perSecond ?? 0);
    const standard = { applicationId, gateway, messageId, version, perSecond: 0, wanted: 1_000 };
    return lanes.lease({ ...standard, priority, ...request });
  }

  async function limit(perSecond: number): Promise<void> {
    await carillon.get(LaneLimits).set(tester, applicationId, { apnsPerSecond: perSecond });
  }

  async function provenVersions(): Promise<(string | null)[]> {
    const rows = await carillon.sql<{ version: string | null }>(
      'SELECT proven_version AS version FROM lanes',
    );
    return rows.map((row) => row.version);
  }

  async function granted(request: Partial<LeaseRequest>, priority?: MessagePriority) {
    const given = await lease(request, priority);
    if (given.kind !== 'granted') throw new Error(`The lease is ${given.kind}`);
    return given;
  }

  /** That the lane pauses for so long, or up to a half less, whenever in the meantime it was told to. */
  async function expectPause(seconds: number): Promise<void> {
    await carillon.sql('UPDATE lanes SET paused_until = now()');
    const [before] = await carillon.sql<{ now: Date }>('SELECT clock_timestamp() AS now');
    await lanes.pause(applicationId, gateway, 'ServiceUnavailable', 0);
    const [row] = await carillon.sql<{ least: number; most: number }>(
      `SELECT extract(epoch FROM paused_until - clock_timestamp())::float8 AS least,
         extract(epoch FROM paused_until - $1::timestamptz)::float8 AS most FROM lanes`,
      [before?.now],
    );
    expect(row?.least).toBeLessThanOrEqual(seconds);
    expect(row?.most).toBeGreaterThanOrEqual(seconds / 2 - 0.001);
  }
});

/** The lane's time runs on while the test does: since `start`, so much of the wait may be over. */
function expectWait(waitMs: number, atMostMs: number, start: number): void {
  expect(waitMs).toBeLessThanOrEqual(atMostMs + 1);
  expect(waitMs).toBeGreaterThanOrEqual(atMostMs - 1 - (performance.now() - start));
}
