import { characterCount, type Platform, platforms } from '@app/core';
import { InvalidDeviceError } from './devices.errors';

/** Apple promises no length; a hundred bytes are three times today's. */
const longestApnsToken = 200;
const longestFcmToken = 4_096;

/**
 * The one spelling under which a token is stored. APNs tokens are hex that apps also write in capitals or as
 * `<0123 4567>`; FCM tokens are opaque text.
 * @throws InvalidDeviceError
 */
export function canonicalToken(platform: Platform, token: string): string {
  if (!platforms.includes(platform)) {
    throw new InvalidDeviceError('platform', `wants one of ${platforms.join(', ')}`);
  }
  if (platform === 'android') {
    if (/^[\x21-\x7e]+$/.test(token) && token.length <= longestFcmToken) return token;
    throw new InvalidDeviceError(
      'token',
      `wants an FCM registration token: 1 to ${longestFcmToken} characters without spaces`,
    );
  }
  const hex = token.replace(/[\s<>]/g, '').toLowerCase();
  if (/^(?:[0-9a-f]{2})+$/.test(hex) && hex.length <= longestApnsToken) return hex;
  throw new InvalidDeviceError(
    'token',
    `wants an APNs device token: an even number of hexadecimal digits, at most ${longestApnsToken}`,
  );
}

/** Under which spelling a token may be stored for each platform; where it can't be one's token, there is none. */
export function spellings(token: string): { platform: Platform; token: string }[] {
  return platforms.flatMap((platform) => {
    try {
      return [{ platform, token: canonicalToken(platform, token) }];
    } catch {
      return [];
    }
  });
}

const longestUserId = 255;

/** @throws InvalidDeviceError */
export function checkUserId(userId: string): string {
  if (/[\0\p{Cs}]/u.test(userId)) {
    throw new InvalidDeviceError(
      'userId',
      'wants text without NUL and without halves of characters',
    );
  }
  const characters = characterCount(userId);
  if (characters >= 1 && characters <= longestUserId) return userId;
  throw new InvalidDeviceError(
    'userId',
    `wants 1 to ${longestUserId} characters; this one has ${characters}`,
  );
}

/**
 * The id of an activation that a caller brings. Those of devices that registered without one, `<deviceId>:<userId>`, are
 * ours to give: whoever could take one beforehand would have the device's pushes.
 * @throws InvalidDeviceError
 */
export function checkActivationId(activationId: string): string {
  if (!/^\d+:/.test(activationId)) return checkAnyActivationId(activationId);
  throw new InvalidDeviceError('activationId', 'wants other than digits before its first colon');
}

/** As `checkActivationId`, also one of ours. @throws InvalidDeviceError */
export function checkAnyActivationId(activationId: string): string {
  if (/^[\x21-\x7e]{1,255}$/.test(activationId)) return activationId;
  throw new InvalidDeviceError('activationId', 'wants 1 to 255 characters without spaces');
}
