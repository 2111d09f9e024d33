import { decodeCursor, encodeCursor } from '../kit/cursor';

/** The place of a device in a list by id. */
export const deviceCursor = ({ id }: { readonly id: string }) => encodeCursor(`device:${id}`);

/** @throws InvalidInputError */
export function deviceIdIn(cursor: string | undefined): string | undefined {
  return cursor === undefined ? undefined : decodeCursor(cursor, /^device:(\d{1,18})$/)[1];
}
