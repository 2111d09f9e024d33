import { Actor } from '@app/core';
import { ActivationsService } from '@app/devices';
import { Carillon } from '@app/testing/harness';
import { DataSource } from 'typeorm';

let carillon: Carillon;
let activations: ActivationsService;
let applicationId: number;
let next = 0;
beforeAll(async () => {
  carillon = await Carillon.start();
  activations = carillon.get(ActivationsService);
});
beforeEach(async () => {
  applicationId = await carillon.createApplication();
});
afterAll(() => carillon.close());

const clientOf = (id: string, applicationIds?: readonly number[]) =>
  new Actor({
    ...{ kind: 'client', id, permissions: ['devices:write'], address: '192.0.2.1' },
    ...(applicationIds !== undefined && { applicationIds }),
  });
const ann = clientOf('ann');

/** Makes activations known. @returns their ids */
async function know(count: number): Promise<string[]> {
  const ids = Array.from({ length: count }, () => `a-${next++}`);
  for (const activationId of ids) {
    const activation = { activationId, userId: `${activationId}!`, status: 'ACTIVE' } as const;
    await activations.register(ann, { ...activation, applicationId });
  }
  return ids;
}

interface Step {
  readonly token: string;
  readonly activationId: string;
  readonly actor?: Actor;
}

const register = ({ actor = ann, token, activationId }: Step) =>
  activations.registerDevice(actor, { applicationId, platform: 'android', token, activationId });

/** Registers all at the same time, behind others that the server is still busy with. */
async function together(steps: readonly Step[]) {
  const [one = '', other = ''] = await know(2);
  const busy = [one, other].map((id) => register({ token: `of-${id}`, activationId: id }));
  const outcomes = await Promise.allSettled(steps.map(register));
  await Promise.all(busy);
  return outcomes;
}

/** Tells what is left of a registration: the device, whose it is, and the trail. */
const leftOf = (token: string, activationIds: readonly string[]) =>
  carillon.sql(
    `SELECT platform, retired_reason,
       (SELECT json_agg(json_build_array(array_position($3, id), status, home_application_id = $2) ORDER BY id)
        FROM activations WHERE device_id = devices.id) AS activations,
       (SELECT json_agg(json_build_array(actor_id, address, action, before, after ->> 'platform') ORDER BY id)
        FROM audit_events WHERE target = 'device:' || devices.id) AS events
     FROM devices WHERE token = $1 AND application_id = $2`,
    [token, applicationId, activationIds],
  );

const tokens = (count: number) => Array.from({ length: count }, () => `t-${next++}`);

describe('a registration with an activation among others leaves what one of its own leaves', () => {
  it.each<{ of: string; steps: readonly number[]; isRetired?: true }>([
    { of: 'a new device', steps: [0] },
    { of: 'the same again', steps: [0, 0] },
    { of: 'another activation of one token', steps: [0, 1] },
    { of: 'a device that was retired', steps: [0, 0], isRetired: true },
  ])('$of', async ({ steps, isRetired }) => {
    const left: unknown[] = [];
    for (const isTogether of [false, true]) {
      const ids = await know(2);
      const [token = ''] = tokens(1);
      for (const step of steps) {
        if (isRetired) {
          const retired = `UPDATE devices SET retired_at = now(), retired_reason = 'Unregistered' WHERE token = $1`;
          await carillon.sql(retired, [token]);
        }
        const one = { token, activationId: ids[step] ?? '' };
        const others = (await know(3)).map((id) => ({ token: `of-${id}`, activationId: id }));
        if (isTogether) await together([...others.slice(1), one, ...others.slice(0, 1)]);
        else await register(one);
      }
      left.push(await leftOf(token, ids));
    }
    expect(left[1]).toEqual(left[0]);
    expect(left[1]).toHaveLength(1);
  });
});

describe('registrations with activations that come together', () => {
  it('are one transaction, and each is answered its own device', async () => {
    const ids = await know(40);
    const own = tokens(40);
    const outcomes = await together(
      ids.map((activationId, n) => ({ activationId, token: own[n] ?? '' })),
    );
    expect(outcomes.map((one) => one.status === 'fulfilled' && one.value.token)).toEqual(own);
    const [row] = await carillon.sql(
      `SELECT count(*)::int AS devices, count(DISTINCT registered_at)::int AS transactions
       FROM devices JOIN activations ON device_id = devices.id WHERE token = ANY ($1)`,
      [own],
    );
    expect(row).toEqual({ devices: 40, transactions: 1 });
  });

  it('are refused each for itself, and leave nothing then', async () => {
    const [good = '', shared = '', another = '', removed = '', far = ''] = await know(5);
    const [first = '', taken = '', third = '', fourth = '', fifth = ''] = tokens(5);
    await activations.registerSharedDevice(ann, {
      ...{ applicationId, platform: 'android', token: taken },
      activationIds: [shared, another],
    });
    await activations.updateStatus(ann, removed, 'REMOVED');
    const elsewhere = await carillon.createApplication();
    await activations.registerDevice(ann, {
      ...{ applicationId: elsewhere, platform: 'android', token: 'far' },
      activationId: far,
    });
    const outcomes = await together([
      { token: third, activationId: removed },
      { token: taken, activationId: good },
      { token: fourth, activationId: 'nobody' },
      { token: fifth, activationId: far, actor: clientOf('ben', [applicationId]) },
      { token: first, activationId: good, actor: clientOf('ben', [elsewhere, applicationId]) },
    ]);
    expect(outcomes).toMatchObject([
      { reason: { code: 'ACTIVATION_NOT_ACTIVE' } },
      { reason: { code: 'MULTIPLE_ACTIVATIONS' } },
      { reason: { code: 'ACTIVATION_NOT_ACTIVE' } },
      { reason: { code: 'ACTIVATION_NOT_ACTIVE' } },
      { status: 'fulfilled', value: { token: first } },
    ]);
    const left = await carillon.sql<{ token: string }>(
      'SELECT token FROM devices WHERE token = ANY ($1) ORDER BY token',
      [[first, taken, third, fourth, fifth]],
    );
    expect(left.map(({ token }) => token)).toEqual([first, taken].sort());
  });

  it('do not wait for one whose activation another transaction holds', async () => {
    const ids = await know(10);
    const own = tokens(10);
    const [held = ''] = ids;
    const late = await carillon.get(DataSource).transaction(async (manager) => {
      await manager.query('SELECT FROM activations WHERE id = $1 FOR UPDATE', [held]);
      const busy = (await know(2)).map((id) => register({ token: `of-${id}`, activationId: id }));
      const [first, ...rest] = ids.map((activationId, n) =>
        register({ activationId, token: own[n] ?? '' }),
      );
      await Promise.all([...busy, ...rest]);
      return { first };
    });
    expect(await late.first).toMatchObject({ token: own[0] });
  });

  it('do not hinder the removal of their application', async () => {
    const ids = await know(10);
    const own = tokens(10);
    const steps = ids.map((activationId, n) => ({ activationId, token: own[n] ?? '' }));
    await together(steps);
    const late = await carillon.get(DataSource).transaction(async (manager) => {
      await manager.query('SELECT FROM applications WHERE id = $1 FOR UPDATE', [applicationId]);
      const outcomes = Promise.allSettled(
        steps.map(({ activationId }) => register({ activationId, token: `new-${activationId}` })),
      );
      await carillon.until(async () => {
        const waiting = `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`;
        return (await carillon.sql(waiting)).length > 0;
      });
      await manager.query('DELETE FROM applications WHERE id = $1', [applicationId]);
      return { outcomes };
    });
    for (const outcome of await late.outcomes) {
      expect(outcome).toMatchObject({ status: 'rejected' });
    }
  });
});

it('a registration with an activation reads no whole table, also before there are statistics', async () => {
  const [first = '', second = ''] = await know(2);
  await carillon.get(DataSource).transaction(async (manager) => {
    // The connection counts from before this transaction too: what it has not yet reported.
    const scanned = () =>
      manager.query<unknown[]>(
        `SELECT relname AS table, seq_scan::int AS scans FROM pg_stat_xact_user_tables
         WHERE relname IN ('activations', 'devices') ORDER BY relname`,
      );
    await manager.query('SELECT count(*) FROM devices, activations');
    const before = await scanned();
    for (const activationId of [first, second, first]) {
      await activations.within(manager).registerDevice(ann, {
        ...{ applicationId, platform: 'android', token: 'one-of-few' },
        activationId,
      });
    }
    expect(await scanned()).toEqual(before);
  });
});
