import { randomBytes } from 'node:crypto';
import type { Platform } from '@app/core';
import type { DemoClient } from './demo-client';

export const userCount = 8_000;
export const deviceCount = 10_000;

export interface DemoDevice {
  readonly platform: Platform;
  readonly token: string;
  readonly userId: string;
}

/** Invents devices, half of them iOS, half Android. Those beyond the users are second ones, so some users have two. */
export function inventDevices(run: string): DemoDevice[] {
  return Array.from({ length: deviceCount }, (_, n) => ({
    ...(n % 2 === 0
      ? { platform: 'ios', token: randomBytes(32).toString('hex') }
      : { platform: 'android', token: randomBytes(90).toString('base64url') }),
    userId: `${run}-user-${n % userCount}`,
  }));
}

const perRequest = 25;
const requestsAtOnce = 8;

/** Registers every device through the API. */
export async function registerDevices(
  client: DemoClient,
  applicationId: string,
  devices: readonly DemoDevice[],
): Promise<void> {
  const batches = Array.from({ length: Math.ceil(devices.length / perRequest) }, (_, n) =>
    devices.slice(n * perRequest, (n + 1) * perRequest),
  );
  const register = async (): Promise<void> => {
    for (let batch = batches.pop(); batch !== undefined; batch = batches.pop()) {
      const names = batch.map((_, n) => `d${n}`);
      await client.ask(
        `mutation (${names.map((name) => `$${name}: RegisterDeviceInput!`).join(', ')}) {
          ${names.map((name) => `${name}: registerDevice(input: $${name}) { id }`).join('\n')}
        }`,
        Object.fromEntries(
          batch.map(({ platform, token, userId }, n) => [
            `d${n}`,
            { applicationId, platform: platform.toUpperCase(), token, userId },
          ]),
        ),
      );
    }
  };
  await Promise.all(Array.from({ length: requestsAtOnce }, register));
}
