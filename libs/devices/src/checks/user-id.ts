import { characterCount } from '@app/core';
import { InvalidDeviceError } from './invalid-device.error';

const longestUserId = 255;

/** Checks the id of a user, 1 to 255 characters as PostgreSQL counts them. @throws InvalidDeviceError */
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
