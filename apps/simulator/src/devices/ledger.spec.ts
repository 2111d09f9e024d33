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
import { Ledger } from './ledger';

const show = (ledger: Ledger, token: string, collapseKey?: string, title = 'Hello') => {
  const detail = { headers: {}, payload: '{}' };
  ledger.show('fcm', token, { collapseKey, title, atMs: 0, detail });
};

describe('the ledger', () => {
  it('shows every notification that no collapse key joins', () => {
    const ledger = new Ledger();
    show(ledger, 'a');
    show(ledger, 'a');
    show(ledger, 'b');
    expect(ledger.summary().fcm).toMatchObject({
      devices: 2,
      shown: 3,
      replaced: 0,
      devicesShowingMoreThanOne: 1,
    });
  });

  it('replaces one notification with a later one of the same key', () => {
    const ledger = new Ledger();
    show(ledger, 'a', 'key', 'first');
    show(ledger, 'a', 'key', 'second');
    show(ledger, 'a', 'other', 'third');
    show(ledger, 'a', 'key', 'fourth');
    expect(ledger.of('fcm', 'a').map(({ title }) => title)).toEqual(['fourth', 'third']);
    expect(ledger.summary().fcm).toMatchObject({ replaced: 2, devicesShowingMoreThanOne: 1 });
  });

  it('counts the devices that show a key or a title', () => {
    const ledger = new Ledger();
    show(ledger, 'a', 'one', 'Hello');
    show(ledger, 'b', 'one', 'Bye');
    show(ledger, 'b', 'two', 'Hello');
    expect(ledger.devicesShowing('fcm', { collapseKey: 'one' })).toBe(2);
    expect(ledger.devicesShowing('fcm', { title: 'Hello' })).toBe(2);
    expect(ledger.devicesShowing('fcm', { collapseKey: 'one', title: 'Hello' })).toBe(1);
    expect(ledger.devicesShowing('apns', { title: 'Hello' })).toBe(0);
  });

  it('keeps the payloads of the last notifications, and of watched devices all', () => {
    const ledger = new Ledger(2);
    ledger.watch('fcm', 'watched');
    for (const token of ['watched', 'a', 'b', 'c']) show(ledger, token);
    const kept = ['watched', 'a', 'b', 'c'].map(
      (token) => ledger.of('fcm', token)[0]?.detail !== undefined,
    );
    expect(kept).toEqual([true, false, true, true]);
  });

  it('forgets all on reset', () => {
    const ledger = new Ledger();
    show(ledger, 'a');
    ledger.reset();
    expect(ledger.summary().fcm).toMatchObject({ devices: 0, shown: 0 });
    expect(ledger.of('fcm', 'a')).toEqual([]);
  });
});

describe('an accepted APNs request', () => {
  const clock = new HandClock();
  const nowSeconds = clock.now().getTime() / 1000;
  let simulator: Simulator;
  let client: Http2Client;
  let authorization: string;

  beforeAll(async () => {
    simulator = await Simulator.start({ clock });
    client = new Http2Client(simulator.apnsUrl, simulator.ca);
    authorization = await providerToken(ecSigner(), clock);
  });
  beforeEach(() => {
    simulator.ledger.reset();
  });
  afterAll(async () => {
    await client.close();
    await simulator.close();
  });

  async function send(headers: object = {}, body: object | string = alert) {
    const all = { authorization, 'apns-topic': topic, ...headers };
    expect((await client.send(`/3/device/${device(1)}`, all, body)).status).toBe(200);
    return simulator.ledger.summary().apns;
  }

  it('shows with its headers and payload, and replaces by collapse id', async () => {
    await send({ 'apns-collapse-id': 'offer' });
    await send({ 'apns-collapse-id': 'offer', 'apns-priority': '5' });
    const [notification, ...others] = simulator.ledger.of('apns', device(1).toUpperCase());
    expect(others).toEqual([]);
    expect(notification).toMatchObject({ collapseKey: 'offer', title: 'Hello' });
    expect(notification?.detail?.headers['apns-priority']).toBe('5');
    expect(notification?.detail?.payload).toBe(JSON.stringify(alert));
  });

  it.each([
    ['is on time', { 'apns-expiration': String(nowSeconds + 1) }, { shown: 1 }],
    ['is now or never', { 'apns-expiration': '0' }, { shown: 1 }],
    ['comes too late', { 'apns-expiration': String(nowSeconds) }, { hidden: { expired: 1 } }],
    ['is a background push', { 'apns-push-type': 'background' }, { hidden: { silent: 1 } }],
  ])('that %s', async (_what, headers, expected) => {
    expect(await send(headers)).toMatchObject({ accepted: 1, devices: 1, shown: 0, ...expected });
  });

  it('without an alert, or without JSON, shows nothing', async () => {
    await send({}, { aps: { badge: 1 } });
    expect(await send({}, 'no JSON')).toMatchObject({ hidden: { silent: 1, unreadable: 1 } });
  });

  it.each([
    ['empty text', { aps: { alert: { title: '', body: ' ' } } }, { silent: 1, unreadable: 0 }],
    ['an empty alert', { aps: { alert: '' } }, { silent: 1, unreadable: 0 }],
    [
      'what is put into a text and is none',
      { aps: { alert: { 'loc-key': 'K', 'loc-args': [1] } } },
      { silent: 0, unreadable: 1 },
    ],
    ['a null', { ...alert, a: null }, { silent: 0, unreadable: 1 }],
    ['a null deep inside', { ...alert, a: [{ b: null }] }, { silent: 0, unreadable: 1 }],
  ])('with %s shows nothing', async (_what, body, hidden) => {
    expect(await send({}, body)).toMatchObject({ shown: 0, hidden });
  });

  it('with a text of the app shows its key', async () => {
    await send(
      {},
      { aps: { alert: { 'title-loc-key': 'HELLO', 'loc-key': 'K', 'loc-args': ['a'] } } },
    );
    expect(simulator.ledger.of('apns', device(1))).toMatchObject([{ title: 'HELLO' }]);
  });

  it('with an empty collapse id replaces nothing', async () => {
    await send({ 'apns-collapse-id': '' });
    expect(await send({ 'apns-collapse-id': '' })).toMatchObject({ shown: 2, replaced: 0 });
  });
});
