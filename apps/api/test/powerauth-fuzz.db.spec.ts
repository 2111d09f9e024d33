import { Agent, request } from 'node:http';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { malformedRequests, type WireRequest } from './malformed-requests';
import { PowerAuthServer } from './powerauth-server';

const connections = 16;
const total = 10_000;
/** By then every route was compiled and every cache is full. */
const warmUp = 2_000;
/** Eight thousand requests that each kept a page would take as much. */
const growthBytes = 32 * 1024 * 1024;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

function usedHeap(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

describe('malformed requests', () => {
  let server: PowerAuthServer;
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  beforeAll(async () => {
    server = await PowerAuthServer.start({ POWERAUTH_SEND_WAIT_MS: '0' });
    await server.carillon.createApplication();
    await server.createActivation('a-1', 'alice');
  });
  afterAll(async () => {
    agent.destroy();
    await server.close();
  });

  /** Status and content type. */
  function answerTo({ verb: method, path, headers, body }: WireRequest): Promise<string> {
    const { hostname, port } = new URL(server.origin);
    return new Promise((resolve, reject) => {
      // Not as a URL, which would be put in order.
      const sent = request({ hostname, port, path, method, headers, agent }, (response) => {
        response.resume();
        response.once('end', () => {
          resolve(`${response.statusCode} ${response.headers['content-type']}`);
        });
        response.once('error', reject);
      });
      sent.once('error', (error: NodeJS.ErrnoException) => {
        // Who is refused for size is cut off while he still sends.
        if (body.length > 1_000_000) resolve('400 application/json');
        else reject(error);
      });
      sent.end(body);
    });
  }

  it('never make the server fail, nor grow', async () => {
    const requests = malformedRequests(total, 20_170_411);
    const answers = new Set<string>();
    const failed: string[] = [];
    let done = 0;
    let heap = 0;
    const send = async () => {
      for (const next of requests) {
        const answer = await answerTo(next);
        answers.add(answer);
        if (answer.startsWith('5'))
          failed.push(`${answer} ${next.verb} ${next.path} ${next.body.toString()}`);
        if (++done === warmUp) heap = usedHeap();
      }
    };
    await Promise.all(Array.from({ length: connections }, send));

    expect(failed).toEqual([]);
    expect(done).toBe(total);
    expect([...answers].sort()).toEqual(
      [200, 400, 404, 405, 409].map((status) => `${status} application/json`),
    );
    expect(usedHeap() - heap).toBeLessThan(growthBytes);
    expect({}).not.toHaveProperty('polluted');
    expect((await fetch(`${server.origin}/readyz`)).status).toBe(200);
  });
});
