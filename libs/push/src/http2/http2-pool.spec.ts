import type { Answer } from './exchange';
import { Http2Pool, type PoolOptions } from './http2-pool';
import { originOf } from './origin';
import type { Fault } from '../gateway/outcome';
import { accept, answer, LoopbackGateway, type Received } from '../testing/loopback-gateway';
import { Relay } from '../testing/relay';
import { StoppedTime } from '../testing/stopped-time';

const quick = { sweepMs: 20, firstBackoffMs: 30, maxBackoffMs: 60 };

describe('The connections to a gateway', () => {
  let gateway: LoopbackGateway;
  let pool: Http2Pool;
  let relay: Relay | undefined;

  afterEach(async () => {
    await pool.close(100);
    await relay?.stop();
    relay = undefined;
    await gateway.stop();
  });

  async function start(streams = 1000, options: PoolOptions = {}): Promise<void> {
    gateway = await LoopbackGateway.start(streams);
    open(options);
  }

  function open(options: PoolOptions = {}): void {
    const timings = { ...quick, ...options.timings };
    pool = new Http2Pool(originOf(gateway.url, gateway.ca), { ...options, timings });
  }

  /** A gateway whose connections may become half-open. */
  async function startBehindRelay(options: PoolOptions = {}): Promise<Relay> {
    gateway = await LoopbackGateway.start();
    relay = new Relay(gateway.port);
    const origin = originOf(`https://localhost:${await relay.start()}`, gateway.ca);
    pool = new Http2Pool(origin, { ...options, timings: { ...quick, ...options.timings } });
    return relay;
  }

  const post = (mayLeave?: () => boolean) =>
    pool.post({ ':method': 'POST' }, { ':path': '/' }, 'x', mayLeave);
  const posts = (count: number) => Promise.all(Array.from({ length: count }, () => post()));
  const until = async (condition: () => boolean) => {
    while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
  };
  /** What is written in a turn leaves at its end. */
  const written = () => new Promise(setImmediate);
  /** When it is over, whatever the pool had sent before has come. */
  const roundTrip = () =>
    new Promise<void>((resolve, reject) => {
      gateway.sessions[0]?.ping((error) => {
        if (error === null) resolve();
        else reject(error);
      });
    });
  const statuses = (results: (Answer | Fault)[]) => [
    ...new Set(results.map((result) => ('class' in result ? result.reason : result.status))),
  ];

  it('carry many requests over one session, never more at once than nine tenths of the limit', async () => {
    await start(20, { maxConnections: 1 });
    let open = 0;
    let most = 0;
    gateway.handler = (received) => {
      most = Math.max(most, ++open);
      setTimeout(() => {
        open--;
        accept(received);
      }, 2);
    };
    expect(statuses(await posts(300))).toEqual([200]);
    expect(most).toBeLessThanOrEqual(18);
    expect(gateway.sessions).toHaveLength(1);
  });

  it('open further sessions only while the narrow ones are full, up to the maximum', async () => {
    await start(10, { maxConnections: 3 });
    gateway.handler = (received) => setTimeout(accept, 10, received);
    await post();
    expect(gateway.sessions).toHaveLength(1);
    expect(pool.window).toBe(9);
    expect(statuses(await posts(200))).toEqual([200]);
    expect(gateway.sessions).toHaveLength(3);
    expect(pool.window).toBe(27);
  });

  it('take the answer that came while this process stood still', async () => {
    const time = new StoppedTime();
    await start(1000, { time, timings: { requestTimeoutMs: 200 } });
    await post();
    gateway.handler = (received) => {
      accept(received);
      time.standStill(500);
    };
    expect(statuses([await post()])).toEqual([200]);
  });

  it('keep to one stream until the first request is accepted', async () => {
    await start(1000, { oneStreamUntilAccepted: true });
    const held: Received[] = [];
    gateway.handler = (received) => held.push(received);
    const all = posts(100);
    await until(() => held.length > 0);
    await roundTrip();
    expect(held).toHaveLength(1);
    held.forEach(answer(400, { reason: 'BadDeviceToken' }));
    held.length = 0;
    await until(() => held.length > 0);
    await roundTrip();
    expect(held).toHaveLength(1);
    gateway.handler = accept;
    held.forEach(accept);
    expect((await all).filter((one) => 'status' in one && one.status === 200)).toHaveLength(99);
    expect(gateway.sessions).toHaveLength(1);
  });

  it('follow the gateway when it lowers the limit', async () => {
    await start(100, { maxConnections: 1 });
    await post();
    expect(pool.window).toBe(90);
    gateway.sessions[0]?.settings({ maxConcurrentStreams: 10 });
    await until(() => pool.window === 9);
    let open = 0;
    let most = 0;
    gateway.handler = (received) => {
      most = Math.max(most, ++open);
      setImmediate(() => {
        open--;
        accept(received);
      });
    };
    expect(statuses(await posts(100))).toEqual([200]);
    expect(most).toBeLessThanOrEqual(9);
  });

  it('repeat on a new session what GOAWAY left unprocessed, and wait for the rest', async () => {
    await start();
    await post();
    const first = gateway.received[0]?.session;
    const held: Received[] = [];
    gateway.handler = (received) => {
      if (received.session !== first) {
        answer(200, 'second')(received);
        return;
      }
      held.push(received);
      if (held.length < 10) return;
      // The ids are 1 for the first request, then 3, 5, …, 21.
      first.goaway(0, 11, Buffer.from('{"reason":"Shutdown"}'));
      setTimeout(() => {
        for (const { stream } of held) {
          if (!stream.destroyed && (stream.id ?? 0) <= 11)
            answer(200, 'first')({ stream } as Received);
        }
      }, 20);
    };
    const bodies = (await posts(10)).map((one) => ('body' in one ? one.body : one.reason));
    expect(bodies).toEqual([...Array<string>(5).fill('first'), ...Array<string>(5).fill('second')]);
  });

  it('take what a fatal GOAWAY cut off as lost, except what was unprocessed', async () => {
    await start();
    await post();
    const first = gateway.received[0]?.session;
    let seen = 0;
    gateway.handler = (received) => {
      if (received.session !== first) accept(received);
      else if (++seen === 4) first.goaway(2, 5);
    };
    const results = await posts(4);
    expect(results.slice(0, 2)).toEqual([
      { class: 'transport', reason: 'GoAway', sent: true, detail: 'error code 2' },
      { class: 'transport', reason: 'GoAway', sent: true, detail: 'error code 2' },
    ]);
    expect(statuses(results.slice(2))).toEqual([200]);
  });

  it('repeat a refused stream once, and only once', async () => {
    await start();
    let refusals = 1;
    gateway.handler = (received) => {
      if (refusals-- > 0) received.stream.close(7);
      else accept(received);
    };
    expect(statuses([await post()])).toEqual([200]);
    refusals = 2;
    expect(await post()).toEqual({ class: 'transport', reason: 'RefusedStream', sent: false });
    expect(gateway.received).toHaveLength(4);
  });

  it('report a reset stream and go on', async () => {
    await start();
    gateway.handler = ({ stream }) => {
      stream.close(2);
    };
    expect(await post()).toMatchObject({ class: 'transport', reason: 'StreamReset', sent: true });
    gateway.handler = accept;
    expect(statuses([await post()])).toEqual([200]);
    expect(gateway.sessions).toHaveLength(1);
  });

  it('report requests under way as sent when the gateway dies, and connect again at once', async () => {
    await start();
    await post();
    gateway.handler = () => {
      gateway.kill();
    };
    for (const lost of await posts(5)) {
      expect(lost).toMatchObject({ class: 'transport', reason: 'ConnectionLost', sent: true });
    }
    gateway.handler = accept;
    expect(statuses([await post()])).toEqual([200]);
  });

  it('fail fast while the gateway is down, and come back with it', async () => {
    await start();
    await gateway.stop();
    expect(await post()).toMatchObject({ reason: 'ConnectionRefused', sent: false });
    const fault = (await post()) as Fault;
    expect(fault).toMatchObject({ class: 'transport', reason: 'ConnectionRefused', sent: false });
    expect(fault.retryAfterMs).toBeGreaterThan(0);
    await gateway.listen();
    while ('class' in (await post())) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(statuses(await posts(5))).toEqual([200]);
  });

  it('give up a request at its deadline and use its stream again', async () => {
    const time = new StoppedTime();
    await start(1, { time, timings: { requestTimeoutMs: 60 } });
    gateway.handler = () => undefined;
    const requests = posts(2);
    await until(() => gateway.received.length === 1);
    time.pass(100);
    const results = await requests;
    expect(results[0]).toEqual({ class: 'transport', reason: 'RequestTimeout', sent: true });
    expect(results[1]).toMatchObject({ reason: 'RequestTimeout' });
    gateway.handler = accept;
    while ('class' in (await post()));
    expect(gateway.sessions).toHaveLength(1);
  });

  describe('give back what may not leave any more', () => {
    const withdrawn = { class: 'withdrawn', reason: 'Withdrawn', sent: false };
    const time = new StoppedTime();
    let mayLeave: boolean;
    let held: Received[];
    /** One that is under way, and one that waits for its stream. */
    let requests: [Promise<Answer | Fault>, Promise<Answer | Fault>];

    beforeEach(async () => {
      mayLeave = true;
      held = [];
      await start(1, { time, maxConnections: 1 });
      gateway.handler = (received) => held.push(received);
      requests = [post(), post(() => mayLeave)];
      await until(() => held.length === 1);
    });

    it('while it waits', async () => {
      mayLeave = false;
      time.pass(quick.sweepMs);
      expect(await requests[1]).toEqual(withdrawn);
      held.forEach(accept);
      expect(statuses([await requests[0]])).toEqual([200]);
    });

    it('when it could leave', async () => {
      mayLeave = false;
      held.forEach(accept);
      expect(statuses(await Promise.all(requests))).toEqual([200, 'Withdrawn']);
      expect(await post(() => mayLeave)).toEqual(withdrawn);
      expect(gateway.received).toHaveLength(1);
    });

    it('when the gateway left it unprocessed', async () => {
      held[0]?.stream.close(8);
      await until(() => held.length === 2);
      mayLeave = false;
      held[1]?.stream.close(7);
      expect(await requests[1]).toEqual(withdrawn);
    });
  });

  it('leave a peer that does not answer a PING', async () => {
    const time = new StoppedTime();
    const wire = await startBehindRelay({ time, timings: { pingBusyMs: 30, pongTimeoutMs: 60 } });
    await post();
    wire.fallSilent();
    const lost = post();
    await written();
    time.pass(100);
    expect(await lost).toEqual({ class: 'transport', reason: 'PingTimeout', sent: true });
    expect(statuses([await post()])).toEqual([200]);
    expect(gateway.sessions).toHaveLength(2);
  });

  it('leave a slow peer alone that answers its PINGs', async () => {
    await start(1000, { timings: { pingBusyMs: 20 } });
    gateway.handler = (received) => {
      let pings = 0;
      received.session.on('ping', () => {
        if (++pings === 3) accept(received);
      });
    };
    expect(statuses([await post()])).toEqual([200]);
    expect(gateway.sessions).toHaveLength(1);
  });

  it('refuse a certificate that they do not trust', async () => {
    await start();
    pool = new Http2Pool(originOf(gateway.url), { timings: quick });
    expect(await post()).toMatchObject({ reason: 'TlsFailure', sent: false });
  });

  it('take no more than 64 KiB of an answer', async () => {
    await start();
    gateway.handler = answer(500, 'x'.repeat(1_000_000));
    const result = (await post()) as Answer;
    expect(result.status).toBe(500);
    expect(result.body.length).toBe(65_536);
    gateway.handler = accept;
    expect(statuses([await post()])).toEqual([200]);
  });

  it('close once the requests under way are answered, and take no more', async () => {
    await start();
    await post();
    gateway.handler = (received) => setTimeout(accept, 30, received);
    const last = post();
    await until(() => gateway.received.length === 2);
    const closed = pool.close(60_000);
    expect(await post()).toEqual({ class: 'transport', reason: 'Closed', sent: false });
    expect(statuses([await last])).toEqual([200]);
    await closed;
  });

  it('close at the end of the grace even when an answer is due', async () => {
    await start();
    gateway.handler = () => undefined;
    const last = post();
    await until(() => gateway.received.length === 1);
    await pool.close(30);
    expect(await last).toMatchObject({ class: 'transport', sent: true });
  });

  it('close at the end of the grace even when the peer is silent and never closes its side', async () => {
    const wire = await startBehindRelay();
    await post();
    wire.fallSilent();
    await pool.close(30);
  });
});
