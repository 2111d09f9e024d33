import { NotificationsService } from '@app/campaigns';
import type { Gateway } from '@app/core';
import { Backlog, BacklogDispatcher, Claims, Messages } from '@app/delivery';
import { Carillon, tester } from '@app/testing/harness';
import { until } from '@app/testing/time';
import { NotificationRecorder } from './notification-recorder';

const everybody = Array.from({ length: 20 }, (_, number) => number);

describe('a backlog of notifications', () => {
  let carillon: Carillon;
  let backlog: Backlog;
  let applicationId: number;

  beforeAll(async () => {
    carillon = await Carillon.start();
    backlog = carillon.get(Backlog);
    applicationId = await carillon.createApplication();
    await carillon.createDevices(applicationId, 20);
  });
  afterAll(() => carillon.close());
  beforeEach(async () => {
    await carillon.sql('TRUNCATE messages, deliveries, lanes CASCADE');
    carillon.simulator.ledger.reset();
    carillon.simulator.faults.clear();
    await carillon.sql('UPDATE devices SET retired_at = NULL');
  });

  it('is sent with one claim, and leaves nothing to do', async () => {
    const ids = await notify(everybody);
    await Promise.all([dispatch('apns'), dispatch('fcm')]);
    await completed(ids);
    expect(carillon.simulator.ledger.summary()).toMatchObject({
      apns: { accepted: 10 },
      fcm: { accepted: 10 },
    });
    const chunks = await carillon.sql('SELECT state, owner, passes, accepted FROM chunks');
    expect(chunks).toHaveLength(20);
    expect(new Set(chunks.map((chunk) => JSON.stringify(chunk)))).toEqual(
      new Set([JSON.stringify({ state: 'finished', owner: null, passes: 1, accepted: 1 })]),
    );
  });

  it('is shared by those who claim at the same time: none has a notification of another', async () => {
    await notify(everybody);
    const claims = await Promise.all(
      Array.from({ length: 6 }, () => backlog.claim({ applicationId, gateway: 'apns' }, 3)),
    );
    const ids = claims.flat().map(({ chunk }) => chunk.messageId);
    expect(ids).toHaveLength(10);
    expect(new Set(ids).size).toBe(10);
    expect(await backlog.claim({ applicationId, gateway: 'apns' }, 3)).toEqual([]);
  });

  it('is claimed oldest first', async () => {
    const [first, second, third] = [await notify([0]), await notify([2]), await notify([4])].flat();
    const claim = async (atMost: number) =>
      (await backlog.claim({ applicationId, gateway: 'apns' }, atMost)).map(
        ({ chunk }) => chunk.messageId,
      );
    expect(new Set(await claim(2))).toEqual(new Set([first, second]));
    expect(await claim(2)).toEqual([third]);
  });

  it('tells the device that refused from those that took it', async () => {
    carillon.simulator.faults.add({
      gateway: 'apns',
      token: await tokenOf(0),
      times: 1,
      action: { type: 'answer', status: 410, reason: 'Unregistered', timestamp: Date.now() },
    });
    const ids = await notify([0, 2, 4]);
    await dispatch('apns');
    await completed(ids);
    expect(await outcomes(ids)).toEqual(['failed Unregistered', 'accepted', 'accepted']);
  });

  it('gives back what has to wait, while another is under way', async () => {
    carillon.simulator.faults.add({
      gateway: 'apns',
      token: await tokenOf(0),
      action: { type: 'stall' },
    });
    carillon.simulator.faults.add({
      gateway: 'apns',
      token: await tokenOf(2),
      action: { type: 'answer', status: 429, reason: 'TooManyRequests' },
    });
    const ids = await notify([0, 2, 4]);
    await dispatch('apns');
    await until(async () => (await states(ids))[2] === 'finished');
    await until(async () => (await states(ids))[1] === 'waiting');
    expect(await states(ids)).toEqual(['working', 'waiting', 'finished']);
    expect(await outcomes(ids)).toEqual(['pending', 'pending TooManyRequests', 'accepted']);
  });

  it('sends another’s notifications again when it died, and says of those that it may have sent so', async () => {
    const ids = await notify([0, 2]);
    for (const { chunk } of await backlog.claim({ applicationId, gateway: 'apns' }, 10)) {
      carillon.get(Claims).forget(chunk);
    }
    await dispatch('apns');
    expect(carillon.simulator.ledger.summary().apns.accepted).toBe(0);

    await carillon.sql("UPDATE chunks SET wake_at = now() - interval '1 second'");
    await carillon.sql('UPDATE devices SET retired_at = now() WHERE token = $1', [
      await tokenOf(0),
    ]);
    await dispatch('apns');
    await completed(ids);
    expect(await outcomes(ids)).toEqual(['failed MAY_HAVE_BEEN_SHOWN', 'accepted']);
  });

  it('ends one whose time is over, and sends the others', async () => {
    const ids = await notify([0, 2]);
    await carillon.sql(
      `UPDATE messages SET content = content || '{"validUntil": "2020-01-01T00:00:00Z"}' WHERE id = $1`,
      [ids[0]],
    );
    await dispatch('apns');
    await completed(ids);
    expect(await outcomes(ids)).toEqual(['expired VALID_UNTIL_PASSED', 'accepted']);
  });

  it('waits where its lane does, and is woken with it', async () => {
    const ids = await notify([0]);
    await carillon.sql(
      `INSERT INTO lanes (application_id, gateway, paused_until) VALUES ($1, 'apns', now() + interval '1 hour')`,
      [applicationId],
    );
    await dispatch('apns');
    await until(async () => (await states(ids))[0] === 'waiting');
    const [{ waits } = { waits: false }] = await carillon.sql<{ waits: boolean }>(
      "SELECT wake_at > now() + interval '50 minutes' AS waits FROM chunks",
    );
    expect(waits).toBe(true);
    expect(carillon.simulator.ledger.summary().apns.accepted).toBe(0);
  });

  it('is stored whatever those do who listen to other results', async () => {
    const ids = await notify([0, 2]);
    const [first, second] = (await backlog.claim({ applicationId, gateway: 'apns' }, 2)).flatMap(
      ({ deliveries }) => deliveries,
    );
    if (first === undefined || second === undefined) throw new Error('Nothing to claim');
    const fail = () => {
      throw new Error('broken on purpose');
    };
    const failing = carillon.get(NotificationRecorder).start({ stored: fail, lost: fail });
    failing.add({ seq: first.seq, state: 'accepted' }, first);
    await failing.flush();
    const stored: boolean[] = [];
    const well = carillon.get(NotificationRecorder).start({
      stored: (_, isFinished) => stored.push(isFinished),
      lost: fail,
    });
    well.add({ seq: second.seq, state: 'accepted' }, second);
    await well.flush();
    expect(stored).toEqual([true]);
    expect(await outcomes(ids)).toEqual(['accepted', 'accepted']);
  });

  describe('of which a result can’t be stored', () => {
    beforeAll(() =>
      carillon.sql(
        `CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
         'BEGIN IF NEW.message_id = tg_argv[0]::uuid THEN RAISE EXCEPTION ''broken on purpose''; END IF; RETURN new; END'`,
      ),
    );
    afterEach(() => carillon.sql('DROP TRIGGER refuse ON deliveries'));

    it('stores the others, and says why the one waits', async () => {
      const ids = await notify([0, 2, 4]);
      const refused = ids[1] ?? '';
      await carillon.sql(
        `CREATE TRIGGER refuse BEFORE UPDATE OF attempts ON deliveries
         FOR EACH ROW EXECUTE FUNCTION refuse('${refused}')`,
      );
      await dispatch('apns');
      await completed(ids.filter((id) => id !== refused));
      await until(async () => (await carillon.sql('SELECT FROM faults')).length === 1);
      expect(await states(ids)).toEqual(['finished', 'waiting', 'finished']);
      expect(
        await carillon.sql('SELECT in_doubt FROM chunks WHERE message_id = $1', [refused]),
      ).toEqual([{ in_doubt: true }]);
    });
  });

  it('of a user with devices of both gateways is complete when both are done', async () => {
    const [id = ''] = await notify([0]);
    await carillon.sql(
      `INSERT INTO deliveries (message_id, gateway, seq, device_id)
       SELECT $1, 'fcm', 0, id FROM devices WHERE platform = 'android' LIMIT 1`,
      [id],
    );
    await carillon.sql(
      `INSERT INTO chunks (message_id, gateway, number, application_id, priority, first_seq, size)
       VALUES ($1, 'fcm', 0, $2, 'transactional', 0, 1)`,
      [id, applicationId],
    );
    await dispatch('apns');
    await until(async () => (await states([id])).includes('finished'));
    expect((await carillon.get(Messages).get(id)).state).toBe('running');
    await dispatch('fcm');
    await completed([id]);
  });

  /** Notifies users of one device each; those of even numbers have it on iOS. @returns the messages' ids */
  async function notify(numbers: readonly number[]): Promise<string[]> {
    const inputs = numbers.map((number) => ({
      applicationId,
      userId: `user-${applicationId}-${number}`,
      content: { body: `Hello ${number}`, silent: false },
      personal: false,
    }));
    const sent = await carillon.get(NotificationsService).notifyMany(tester, inputs);
    return sent.map(({ id }) => id);
  }

  const dispatch = (gateway: Gateway) =>
    carillon.get(BacklogDispatcher).dispatch({ applicationId, gateway });

  async function completed(ids: readonly string[]): Promise<void> {
    for (const id of ids) await carillon.completed(id);
  }

  async function tokenOf(number: number): Promise<string> {
    const [row] = await carillon.sql<{ token: string }>(
      'SELECT token FROM activations JOIN devices ON devices.id = device_id WHERE user_id = $1',
      [`user-${applicationId}-${number}`],
    );
    return row?.token ?? '';
  }

  /** The states of the messages' chunks, in the order of the messages. */
  async function states(ids: readonly string[]): Promise<string[]> {
    const rows = await carillon.sql<{ state: string }>(
      'SELECT state FROM chunks WHERE message_id = ANY ($1::uuid[]) ORDER BY array_position($1::uuid[], message_id)',
      [ids],
    );
    return rows.map(({ state }) => state);
  }

  /** What became of the messages' deliveries, in the order of the messages. */
  async function outcomes(ids: readonly string[]): Promise<string[]> {
    const rows = await carillon.sql<{ outcome: string }>(
      `SELECT concat_ws(' ', state, reason) AS outcome FROM deliveries WHERE message_id = ANY ($1::uuid[])
       ORDER BY array_position($1::uuid[], message_id)`,
      [ids],
    );
    return rows.map(({ outcome }) => outcome);
  }
});
