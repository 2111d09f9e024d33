import { Agent, type OutgoingHttpHeaders, request } from 'node:http';

const connections = 32;

/** Posts every body, over a fixed number of kept connections. @returns requests per second */
export async function postAll(
  url: string,
  bodies: readonly string[],
  headers: OutgoingHttpHeaders = {},
): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const left = [...bodies];
  const startedAt = performance.now();
  await Promise.all(
    Array.from({ length: connections }, async () => {
      for (let body = left.pop(); body !== undefined; body = left.pop()) {
        await post(url, agent, body, headers);
      }
    }),
  );
  const seconds = (performance.now() - startedAt) / 1000;
  agent.destroy();
  return bodies.length / seconds;
}

/** Returns the middle of several measurements, which a single disturbed round does not move. */
export const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? NaN;

export const rounded = (ratio: number): number => Math.round(ratio * 100) / 100;

/** @throws Error for any status but 200 */
function post(url: string, agent: Agent, body: string, more: OutgoingHttpHeaders): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      ...more,
    };
    const sending = request(url, { method: 'POST', agent, headers }, (response) => {
      response.resume().on('end', () => {
        if (response.statusCode === 200) resolve();
        else reject(new Error(`Status ${response.statusCode ?? 0}`));
      });
    });
    sending.on('error', reject).end(body);
  });
}
