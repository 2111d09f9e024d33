import type { ApnsCredential } from '@app/push';
import { ApnsClient, type ApnsOptions, Notification } from 'apns2';
import { Pool } from 'undici';
import type { Sink } from '../kit/installation';

/** Redirects the stock client, with its own pool options: apns2 fixes the origin at port 443. */
class RedirectedApnsClient extends ApnsClient {
  constructor(options: ApnsOptions, origin: string, ca: string) {
    super(options);
    void this.client.destroy();
    Object.assign(this, {
      client: new Pool(origin, {
        connections: 32,
        pipelining: 1,
        allowH2: true,
        maxConcurrentStreams: 100,
        connect: { ca },
      }),
    });
  }
}

const batch = 1_000;

/** Sends the same alert with apns2 and stores nothing. @returns sends/s */
export async function apns2Loop(
  { url, ca }: Sink,
  tokens: readonly string[],
  { teamId, keyId, privateKey, bundle }: ApnsCredential,
  alert: { title: string; body: string },
): Promise<number> {
  const options = { team: teamId, keyId, signingKey: privateKey, defaultTopic: bundle };
  const client = new RedirectedApnsClient(options, url, ca);
  const startedAt = performance.now();
  for (let next = 0; next < tokens.length; next += batch) {
    const results = await client.sendMany(
      tokens.slice(next, next + batch).map((token) => new Notification(token, { alert })),
    );
    for (const result of results) if ('error' in result) throw result.error;
  }
  const seconds = (performance.now() - startedAt) / 1000;
  await client.close();
  return tokens.length / seconds;
}
