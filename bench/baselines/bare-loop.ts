import { connect } from 'node:http2';
import type { Sink } from '../kit/installation';

/** Requests under way: as many as APNs allows a connection, less a margin. */
const window = 900;
/** A window of the connection beyond what all answers on the way have: node:http2's own holds them up. */
const windowBytes = 1 << 20;

/** A request without its method. */
export interface BareRequest {
  readonly fields: Readonly<Record<string, string>>;
  readonly body: Buffer | string;
}

/**
 * Sends as the fastest honest client of node:http2: one connection, a full window, the same requests, nothing stored.
 * @returns sends/s
 */
export async function bareLoop(
  { url, ca }: Sink,
  tokens: readonly string[],
  requestFor: (token: string) => BareRequest,
): Promise<number> {
  const session = connect(url, { ca });
  await new Promise((resolve) => session.once('remoteSettings', resolve));
  session.setLocalWindowSize(windowBytes);
  const startedAt = performance.now();
  await new Promise<void>((resolve, reject) => {
    let next = 0;
    let done = 0;
    const post = () => {
      const token = tokens[next++];
      if (token === undefined) return;
      const { fields, body } = requestFor(token);
      const request = session.request({ ':method': 'POST', ...fields });
      request.on('error', reject);
      request.on('response', (headers) => {
        if (headers[':status'] !== 200) reject(new Error(`Status ${headers[':status']}`));
      });
      request.on('close', () => {
        if (++done === tokens.length) resolve();
        else post();
      });
      request.resume();
      request.end(body);
    };
    for (let i = 0; i < window; i++) post();
  });
  const seconds = (performance.now() - startedAt) / 1000;
  await new Promise<void>((resolve) => {
    session.close(resolve);
  });
  return tokens.length / seconds;
}
