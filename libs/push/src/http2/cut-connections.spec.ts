import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { seededRandom } from '@app/testing/seeded-random';
import { Http2Pool } from './http2-pool';
import { originOf } from './origin';
import { LoopbackGateway } from '../testing/loopback-gateway';

const requests = 24_000;
const callers = 300;

/** Connections to a gateway that break somewhere in the middle of what goes either way. */
class Cutter {
  cuts = 0;
  private readonly sockets = new Set<Socket>();
  private readonly random = seededRandom(1836);
  private readonly server: Server;

  constructor(port: number) {
    this.server = createServer((near) => {
      const far = connect(port, 'localhost');
      let left = 3_000 + this.random() * 120_000;
      for (const [from, to] of [
        [near, far],
        [far, near],
      ] as const) {
        this.sockets.add(from);
        from.on('error', () => undefined);
        from.on('close', () => {
          this.sockets.delete(from);
          to.destroy();
        });
        from.on('data', (chunk: Buffer) => {
          if (left <= 0) return;
          to.write(chunk.subarray(0, left));
          left -= chunk.length;
          if (left > 0) return;
          this.cuts++;
          from.destroy();
          // What was passed on still arrives, as it does when a wire breaks behind it.
          to.destroySoon();
        });
      }
    });
  }

  async start(): Promise<number> {
    this.server.listen(0, 'localhost');
    await once(this.server, 'listening');
    return (this.server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
    await once(this.server, 'close');
  }
}

it('Requests over connections that break have one answer or fault each, and are never sent twice', async () => {
  const gateway = await LoopbackGateway.start();
  const cutter = new Cutter(gateway.port);
  const pool = new Http2Pool(originOf(`https://localhost:${await cutter.start()}`, gateway.ca), {
    timings: { firstBackoffMs: 1, maxBackoffMs: 5 },
  });
  const outcomes = { answered: 0, inDoubt: 0, unsent: 0 };
  const unsent: string[] = [];
  const answered: string[] = [];
  let next = 0;
  const caller = async () => {
    while (next < requests) {
      const id = String(next++);
      const result = await pool.post(
        { ':method': 'POST', 'x-shared': 'a' },
        { ':path': `/${id}` },
        id,
      );
      if ('status' in result) answered.push(id);
      else if (result.sent === false) unsent.push(id);
      outcomes['status' in result ? 'answered' : result.sent ? 'inDoubt' : 'unsent']++;
      // A fault that comes at once must not use up all requests before the next connection is there.
      if ('class' in result) await new Promise(setImmediate);
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
  await pool.close(100);
  await cutter.stop();
  await gateway.stop();

  const seen = new Map<string, number>();
  for (const { body } of gateway.received) seen.set(body, (seen.get(body) ?? 0) + 1);
  expect(outcomes.answered + outcomes.inDoubt + outcomes.unsent).toBe(requests);
  expect([...seen].filter(([, times]) => times > 1)).toEqual([]);
  expect(answered.filter((id) => !seen.has(id))).toEqual([]);
  expect(unsent.filter((id) => seen.has(id))).toEqual([]);
  expect(outcomes.answered).toBeGreaterThan(requests / 4);
  expect(outcomes.inDoubt).toBeGreaterThan(0);
  expect(cutter.cuts).toBeGreaterThan(10);
});
