import { Http2Pool, type PoolOptions } from './http2-pool';
import { originOf } from './origin';
import { accept, answer, LoopbackGateway } from '../testing/loopback-gateway';

/** More than makes a connection narrow, of which nine tenths are used. */
const streams = 300;
const window = 270;

describe('The connections to a gateway with many streams', () => {
  let gateway: LoopbackGateway;
  let pool: Http2Pool;
  let isOver = false;
  let callers: Promise<unknown>[] = [];

  beforeEach(async () => {
    gateway = await LoopbackGateway.start(streams);
    isOver = false;
    callers = [];
  });

  afterEach(async () => {
    isOver = true;
    await Promise.all(callers);
    await pool.close(100);
    await gateway.stop();
  });

  function open({ timings, ...options }: PoolOptions = {}): void {
    pool = new Http2Pool(originOf(gateway.url, gateway.ca), {
      timings: { sweepMs: 20, growMs: 20, ...timings },
      ...options,
    });
  }

  const post = () => pool.post({ ':method': 'POST' }, { ':path': '/' }, 'x');
  /** Keeps as many requests under way. @param most the pool's window is not exceeded, as campaigns do not */
  function keepUnderWay(count: number, most = () => Infinity): void {
    for (let i = 0; i < count; i++) {
      const call = async () => {
        while (!isOver) {
          if (i < most()) await post();
          else await new Promise((resolve) => setTimeout(resolve, 5));
        }
      };
      callers.push(call());
    }
  }
  const until = async (condition: () => boolean) => {
    while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
  };
  const slowly = (ms: number) => {
    gateway.handler = (received) => setTimeout(accept, ms, received);
  };

  it('become more when the round trip leaves no stream free, and the new one is soon used', async () => {
    open({ oneStreamUntilAccepted: true });
    slowly(200);
    await post();
    expect(pool.window).toBe(window);
    keepUnderWay(240);
    await until(() => pool.window === 2 * window);
    await until(() => new Set(gateway.received.map(({ session }) => session)).size === 2);
  });

  it('stay one when few requests are under way', async () => {
    open();
    slowly(20);
    keepUnderWay(20);
    await until(() => gateway.received.length > 200);
    expect(gateway.sessions).toHaveLength(1);
  });

  it('are given less while the gateway answers 503, and all again when it is well', async () => {
    open({ maxConnections: 1 });
    await post();
    expect(pool.window).toBe(window);
    gateway.handler = answer(503, '');
    keepUnderWay(30, () => pool.window);
    await until(() => pool.window === 16);
    gateway.handler = accept;
    await until(() => pool.window === window);
  });

  it('become fewer when for a while nothing asks for them, at no cost for the requests', async () => {
    gateway = await replaced(gateway, 10);
    open({ timings: { surplusMs: 100, growMs: 20 } });
    slowly(20);
    await post();
    await Promise.all(Array.from({ length: 100 }, post));
    expect(gateway.sessions.length).toBeGreaterThan(1);
    const results: unknown[] = [];
    while (pool.window > 9) results.push(await post());
    expect(results.filter((result) => !isAccepted(result))).toEqual([]);
  });
});

const isAccepted = (result: unknown) => (result as { status?: number }).status === 200;

/** A gateway with another limit of streams. */
async function replaced(gateway: LoopbackGateway, limit: number): Promise<LoopbackGateway> {
  await gateway.stop();
  return LoopbackGateway.start(limit);
}
