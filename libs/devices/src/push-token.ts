import { characterCount, gatewayOf, type Platform, platforms } from '@app/core';
import { gatewayKinds } from '@app/push';
import { InvalidDeviceError } from './devices.errors';

/** Returns the one spelling under which a token is stored. @throws InvalidDeviceError */
export function canonicalToken(platform: Platform, token: string): string {
  if (!platforms.includes(platform)) {
    throw new InvalidDeviceError('platform', `wants one of ${platforms.join(', ')}`);
  }
  const kind = gatewayKinds[gatewayOf[platform]];
  const canonical = kind.tokenOf(token);
  if (canonical !== undefined) return canonical;
  throw new InvalidDeviceError('token', `wants ${kind.tokenForm}`);
}

/** Lists the spellings under which a token may be stored, by platform; a platform whose token it can't be is left out. */
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
 * Checks the id of an activation that a caller brings. Those of devices that registered without one,
 * `<deviceId>:<userId>`, are ours to give: whoever could take one beforehand would have the device's pushes.
 * @throws InvalidDeviceError
 */
export function checkActivationId(activationId: string): string {
  if (!/^\d+:/.test(activationId)) return checkAnyActivationId(activationId);
  throw new InvalidDeviceError('activationId', 'wants other than digits before its first colon');
}

/** Works as `checkActivationId`, but takes ours too. @throws InvalidDeviceError */
export function checkAnyActivationId(activationId: string): string {
  if (/^[\x21-\x7e]{1,255}$/.test(activationId)) return activationId;
  throw new InvalidDeviceError('activationId', 'wants 1 to 255 characters without spaces');
}
