import type { Gateway } from '@app/core';
import type { FaultRule } from '../../../simulator/src';
import type { Random } from './random';

type Action = FaultRule['action'];
type Draw = (random: Random, gateway: Gateway) => { action: Action; times?: number };

const refusal = (gateway: Gateway, status: number, apns: string, fcm: string) =>
  ({ type: 'answer', status, reason: gateway === 'apns' ? apns : fcm }) as const;

/** The faults that gateways have on bad days. `shown`: the device has the push, and nobody ever says so. */
const badDays: readonly Draw[] = [
  (random, gateway) => ({
    action: refusal(gateway, 503, 'ServiceUnavailable', 'UNAVAILABLE'),
    times: random.whole(5, 150),
  }),
  (random, gateway) => ({
    action: {
      ...refusal(gateway, 503, 'Shutdown', 'UNAVAILABLE'),
      retryAfterSeconds: random.whole(0, 2),
    },
    times: random.whole(1, 40),
  }),
  (random, gateway) => ({
    action: refusal(gateway, 500, 'InternalServerError', 'INTERNAL'),
    times: random.whole(1, 20),
  }),
  (random, gateway) => ({
    action: {
      ...refusal(gateway, 429, 'TooManyRequests', 'QUOTA_EXCEEDED'),
      retryAfterSeconds: random.whole(1, 2),
    },
    times: random.whole(1, 20),
  }),
  (random) => ({
    action: { type: 'latency', ms: random.whole(50, 3_000) },
    times: random.whole(20, 400),
  }),
  (random) => ({
    action: { type: 'stall', shown: random.chance(0.7) },
    times: random.whole(1, 20),
  }),
  (random) => ({
    action: { type: 'reset', code: random.pick([2, 7, 8]), shown: random.chance(0.7) },
    times: random.whole(1, 40),
  }),
  (random) => ({
    action: { type: 'goaway', afterRequests: random.whole(1, 100) },
    times: random.whole(1, 4),
  }),
  (random) => ({
    action: { type: 'destroy', shown: random.chance(0.7) },
    times: random.whole(1, 6),
  }),
  (random) => ({ action: { type: 'refuse', ms: random.whole(300, 3_000) } }),
];

/** Of tokens of Android devices: requests to Google's token endpoint have none. */
export const androidPrefix = 'android-';

export function gatewayFault(random: Random, gateway: Gateway): FaultRule {
  const { action, times } = random.pick(badDays)(random, gateway);
  if (action.type === 'refuse' || times === undefined) return { gateway, action };
  if (gateway === 'apns') return { gateway, action, times };
  // Without an access token nothing is sent, and each refusal of one is a pause that grows.
  return random.chance(0.8)
    ? { gateway, tokenPrefix: androidPrefix, action, times }
    : { gateway, action, times: Math.min(times, 2) };
}

/** Answers that accuse devices, or us, where the fault is a setting: no device may be lost by them. */
export function faultOfOurs(random: Random): FaultRule {
  const gateway = random.pick<Gateway>(['apns', 'fcm']);
  const doubt =
    gateway === 'apns'
      ? refusal('apns', 400, 'BadDeviceToken', '')
      : refusal('fcm', 403, '', 'SENDER_ID_MISMATCH');
  const credential =
    gateway === 'apns'
      ? refusal('apns', 403, 'InvalidProviderToken', '')
      : refusal('fcm', 401, '', 'UNAUTHENTICATED');
  return random.chance(0.6)
    ? {
        gateway,
        action: doubt,
        times: random.whole(30, 200),
        ...(gateway === 'fcm' && { tokenPrefix: androidPrefix }),
      }
    : { gateway, action: credential, times: random.whole(1, 3) };
}
