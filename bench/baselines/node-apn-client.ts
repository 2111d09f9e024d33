import { Notification, Provider } from '@parse/node-apn';
import type { ApnsCredential } from '@app/push';
import type { Sink } from '../kit/installation';

const batch = 1_000;

/** Sends the same alert with @parse/node-apn over its one connection, and stores nothing. @returns sends/s */
export async function nodeApnLoop(
  { url, ca }: Sink,
  tokens: readonly string[],
  { keyId, teamId, privateKey, bundle }: ApnsCredential,
  alert: { title: string; body: string },
): Promise<number> {
  const { host, port } = new URL(url);
  const provider = new Provider({
    token: { key: privateKey, keyId, teamId },
    // It makes an URL of the address, and dials the port.
    address: host,
    port: Number(port),
    ca: [ca],
  });
  const notification = new Notification({ alert, topic: bundle, pushType: 'alert' });
  const startedAt = performance.now();
  for (let next = 0; next < tokens.length; next += batch) {
    const { failed } = await provider.send(notification, tokens.slice(next, next + batch));
    for (const { device, status, error } of failed)
      throw error ?? new Error(`Status ${status ?? 0} for ${device}`);
  }
  const seconds = (performance.now() - startedAt) / 1000;
  await new Promise<void>((resolve) => {
    void provider.shutdown(resolve);
  });
  return tokens.length / seconds;
}
