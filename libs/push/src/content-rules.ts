import { InvalidMessageError } from './invalid-message.error';
import type { MessageContent } from './message';

/** The limit of both gateways, in bytes. */
const maxPayloadBytes = 4096;

/** The rules that do not depend on the gateway. @throws InvalidMessageError */
export function assertCommonRules({ badge, collapseKey, validUntil }: MessageContent): void {
  if (badge !== undefined && !(Number.isSafeInteger(badge) && badge >= 0)) {
    throw new InvalidMessageError(`badge must be a whole number from 0 on, not ${badge}.`, 'badge');
  }
  // APNs carries it in a header, which holds ASCII only.
  if (
    collapseKey !== undefined &&
    !/^[\x21-\x7e](?:[\x20-\x7e]{0,62}[\x21-\x7e])?$/.test(collapseKey)
  ) {
    throw new InvalidMessageError(
      'collapseKey must be 1 to 64 printable ASCII characters, without spaces at its ends.',
      'collapseKey',
    );
  }
  if (validUntil !== undefined && Number.isNaN(validUntil.getTime())) {
    throw new InvalidMessageError('validUntil must be a date.', 'validUntil');
  }
}

/** @throws InvalidMessageError */
export function assertPayloadSize(gateway: string, json: string): void {
  const bytes = Buffer.byteLength(json);
  if (bytes <= maxPayloadBytes) return;
  throw new InvalidMessageError(
    `The ${gateway} payload has ${bytes} bytes; at most ${maxPayloadBytes} are allowed.`,
  );
}
