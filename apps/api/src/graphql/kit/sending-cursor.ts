import type { SendingPosition } from '@app/delivery';
import { decodeCursor, encodeCursor } from './cursor';

const form = /^sent:(\d{1,16}):([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

/** The place of a campaign, a notification or a delivery in a list by time. */
export const sendingCursor = ({ at, messageId }: SendingPosition) =>
  encodeCursor(`sent:${at}:${messageId}`);

/** @throws InvalidInputError */
export function sendingPosition(cursor: string | undefined): SendingPosition | undefined {
  if (cursor === undefined) return undefined;
  const [, at = '', messageId = ''] = decodeCursor(cursor, form);
  return { at, messageId };
}
