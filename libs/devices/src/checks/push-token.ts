import { gatewayOf, type Platform, platforms } from '@app/core';
import { gatewayKinds } from '@app/push';
import { InvalidDeviceError } from './invalid-device.error';

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
