import { decodeCursor, encodeCursor } from '../kit/cursor';

/** The place of a user in a list by user. */
export const userCursor = (userId: string) => encodeCursor(`user:${userId}`);

/** @throws InvalidInputError */
export function userIdIn(cursor: string | undefined): string | undefined {
  return cursor === undefined ? undefined : decodeCursor(cursor, /^user:([^\0]{1,255})$/)[1];
}
