import { connect } from 'node:http2';
import { randomUUID } from 'node:crypto';

/** Requests under way: as many as APNs allows a connection, less a margin. */
const window = 900;

/** Sends as the fastest honest client: one connection, a full window, the same requests, nothing stored. @returns sends/s */
export async function bareLoop(
  url: string,
  ca: string,
  tokens: readonly string[],
  payload: Buffer,
): Promise<number> {
  const session = connect(url, { ca });
  await new Promise((resolve) => session.once('remoteSettings', resolve));
  const startedAt = performance.now();
  await new Promise<void>((resolve, reject) => {
    let next = 0;
    let done = 0;
    const post = () => {
      const token = tokens[next++];
      if (token === undefined) return;
      const id = randomUUID();
      const request = session.request({
        ':method': 'POST',
        ':path': `/3/device/${token}`,
        authorization: 'bearer none',
        'apns-topic': 'com.example.bank',
        'apns-push-type': 'alert',
        'apns-priority': '10',
        'apns-id': id,
        'apns-collapse-id': id,
      });
      request.on('error', reject);
      request.on('response', (headers) => {
        if (headers[':status'] !== 200) reject(new Error(`Status ${headers[':status']}`));
      });
      request.on('close', () => {
        if (++done === tokens.length) resolve();
        else post();
      });
      request.resume();
      request.end(payload);
    };
    for (let i = 0; i < window; i++) post();
  });
  const seconds = (performance.now() - startedAt) / 1000;
  await new Promise<void>((resolve) => {
    session.close(resolve);
  });
  return tokens.length / seconds;
}
