import type { Fault } from '@app/push';

/** The attempts after which an answer about this one delivery that stays the same will not get better. */
const attemptLimit = 10;

const firstDelayMs = 1_000;
const longestDelayMs = 300_000;

/** The pause for a device's rate: Apple names none for TooManyRequests; Google refills a device's bucket within minutes. */
const deviceRateDelayMs = 30_000;

/** The pause after a doubtful answer: a burst of wrong answers may be over by then. */
const doubtfulDelayMs = 8_000;

/** Reasons of a gateway that answered, as opposed to a connection that broke: only these count against the limit. */
const answered = new Set(['InternalServerError', 'INTERNAL', 'UNSPECIFIED_ERROR']);

/** Reasons that one broken connection gives to all its requests: they say nothing of the gateway's health. */
const broken = new Set(['ConnectionLost', 'GoAway', 'PingTimeout', 'RefusedStream', 'StreamReset']);

/** Tells whether the gateway itself seems unwell: it answered 500 or 503, or nothing in time. */
export function isTrouble(fault: Fault): boolean {
  return fault.class === 'transport' && !broken.has(fault.reason);
}

/** Tells whether the gateway took a delivery and nobody knows what came of it: it may be on the screen. */
export function mayBeShown(fault: Fault): boolean {
  return fault.class === 'transport' && (fault.sent === true || answered.has(fault.reason));
}

/**
 * Returns how long a delivery waits before its next attempt: as long as the gateway asked but a second at least, else
 * exponentially longer, both with jitter, as both gateways advise.
 */
export function retryDelayMs(fault: Fault, attempts: number, random = Math.random()): number {
  if (fault.retryAfterMs !== undefined) {
    return Math.round(Math.max(firstDelayMs, fault.retryAfterMs) * (1 + random / 4));
  }
  const grown = Math.min(longestDelayMs, delayMsOf(fault) * 2 ** Math.min(attempts, 16));
  return Math.round(grown * (0.5 + random / 2));
}

function delayMsOf(fault: Fault): number {
  if (fault.class === 'transport') return firstDelayMs;
  if (fault.class === 'device_rate') return deviceRateDelayMs;
  return fault.doubtful === true ? doubtfulDelayMs : firstDelayMs;
}

export function isExhausted(fault: Fault, attempts: number): boolean {
  return (answered.has(fault.reason) || fault.doubtful === true) && attempts + 1 >= attemptLimit;
}
