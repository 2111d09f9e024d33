import { once } from 'node:events';
import { connect } from 'node:net';
import {
  HandClock,
  Http2Client,
  alert,
  device,
  ecSigner,
  providerToken,
  topic,
} from '../../test/clients';
import { Simulator } from '../simulator';
import type { FaultAction, FaultRule } from './fault-rule';

const clock = new HandClock();
const token = device(1);
let simulator: Simulator;
let client: Http2Client;
let authorization: string;

beforeAll(async () => {
  simulator = await Simulator.start({ clock });
  authorization = await providerToken(ecSigner(), clock);
});
beforeEach(async () => {
  client = new Http2Client(simulator.apnsUrl, simulator.ca);
  expect((await send()).status).toBe(200); // allows the streams that the tests need
  simulator.ledger.reset();
});
afterEach(async () => {
  simulator.faults.clear();
  await client.close();
});
afterAll(() => simulator.close());

function send(to = token) {
  return client.send(`/3/device/${to}`, { authorization, 'apns-topic': topic }, alert);
}
function fault(action: FaultAction, rule: Partial<FaultRule> = {}) {
  return simulator.faults.add({ gateway: 'apns', action, ...rule });
}
const shown = () => simulator.ledger.of('apns', token).length;
const unavailable = { type: 'answer', status: 503, reason: 'ServiceUnavailable' } as const;

describe('a fault rule', () => {
  it('answers what it is told', async () => {
    fault({ ...unavailable, retryAfterSeconds: 7 });
    const response = await send();
    expect(response).toMatchObject({ status: 503, text: '{"reason":"ServiceUnavailable"}' });
    expect(response.headers['retry-after']).toBe('7');
    expect(shown()).toBe(0);
  });

  it('answers 410 with a timestamp', async () => {
    fault({ type: 'answer', status: 410, reason: 'ExpiredToken', timestamp: 1_700_000_000_000 });
    expect((await send()).text).toBe('{"reason":"ExpiredToken","timestamp":1700000000000}');
  });

  it('strikes one device only', async () => {
    fault(unavailable, { token });
    expect((await send()).status).toBe(503);
    expect((await send(device(2))).status).toBe(200);
  });

  it('strikes devices by the beginning of their token', async () => {
    fault(unavailable, { tokenPrefix: token.slice(0, -1) });
    expect((await send(device(2))).status).toBe(503);
    expect((await send('ff')).status).toBe(200);
  });

  it('strikes so many times, after so many requests, and is gone', async () => {
    fault(unavailable, { after: 1, times: 2 });
    const statuses = [];
    for (let request = 0; request < 4; request++) statuses.push((await send()).status);
    expect(statuses).toEqual([200, 503, 503, 200]);
    expect(simulator.faults.list()).toEqual([]);
  });

  it('leaves the other gateway alone', async () => {
    simulator.faults.add({ gateway: 'fcm', action: unavailable });
    expect((await send()).status).toBe(200);
  });

  it('is refused when it makes no sense', () => {
    expect(() => fault(unavailable, { times: 0 })).toThrow(/^times: /);
    expect(() => fault(unavailable, { token: 'a', tokenPrefix: 'a' })).toThrow(/^tokenPrefix: /);
    expect(() => fault({ type: 'refuse', ms: 10 }, { token })).toThrow(/^action: refuse takes/);
  });
});

describe('on the wire', () => {
  it('latency lets the device show at once what is answered late', async () => {
    fault({ type: 'latency', ms: 50 });
    const answer = send();
    await send(device(2));
    expect(shown()).toBe(1);
    expect((await answer).status).toBe(200);
  });

  it('stall never answers, and later requests overtake', async () => {
    fault({ type: 'stall' }, { times: 1 });
    const stalled = send().catch((error: unknown) => error);
    expect((await send()).status).toBe(200);
    expect(simulator.ledger.summary().apns.rejected).toEqual({ unanswered: 1 });
    await client.close();
    expect(await stalled).toBeInstanceOf(Error);
  });

  it.each([
    [undefined, 2],
    [7, 7],
  ])('reset sends RST_STREAM (code %s gives %s)', async (code, seen) => {
    fault({ type: 'reset', ...(code === undefined ? {} : { code }) }, { times: 1 });
    await expect(send()).rejects.toHaveProperty('code', seen);
    expect((await send()).status).toBe(200);
  });

  it.each(['stall', 'reset', 'destroy'] as const)(
    '%s can strike after the device has shown the notification',
    async (type) => {
      fault({ type, shown: true });
      const lost = send().catch((error: unknown) => error);
      while (shown() === 0) await new Promise(setImmediate);
      await client.close();
      expect(await lost).toBeInstanceOf(Error);
      expect(shown()).toBe(1);
    },
  );

  it('destroy drops the connection', async () => {
    fault({ type: 'destroy' });
    const closed = once(client.session, 'close');
    await expect(send()).rejects.toThrow();
    await closed;
    expect(shown()).toBe(0);
  });

  it('goaway names the last request that was processed, and why', async () => {
    // One request was sent before; the third of this connection is the last.
    fault({ type: 'goaway', afterRequests: 3, reason: 'Shutdown' }, { times: 1 });
    const goaway = once(client.session, 'goaway') as Promise<[number, number, Buffer]>;
    const closed = once(client.session, 'close');
    const results = await Promise.allSettled([2, 3, 4, 5].map((number) => send(device(number))));
    const [code, lastStreamId, debugData] = await goaway;
    await closed;

    expect({ code, lastStreamId, debugData: JSON.parse(debugData.toString()) as unknown }).toEqual({
      code: 0,
      lastStreamId: 5, // client streams are 1, 3, 5
      debugData: { reason: 'Shutdown' },
    });
    const answered = results.map(({ status }) => status);
    expect(answered).toEqual(['fulfilled', 'fulfilled', 'rejected', 'rejected']);
    const screens = [2, 3, 4, 5].map(
      (number) => simulator.ledger.of('apns', device(number)).length,
    );
    expect(screens).toEqual([1, 1, 0, 0]);
  });

  it('refuse drops all connections and refuses new ones for a while', async () => {
    const port = Number(new URL(simulator.apnsUrl).port);
    const closed = once(client.session, 'close');
    fault({ type: 'refuse', ms: 200 });
    await closed;
    const socket = connect(port, '127.0.0.1');
    const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException];
    expect(error.code).toBe('ECONNREFUSED');

    let status: number | undefined;
    while (status === undefined) {
      client = new Http2Client(simulator.apnsUrl, simulator.ca);
      status = await send().then(
        (response) => response.status,
        () => undefined,
      );
      if (status === undefined) await client.close();
    }
    expect(status).toBe(200);
  });
});
