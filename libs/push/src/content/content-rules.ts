import { InvalidMessageError } from './invalid-message.error';
import type { MessageContent } from './message';

/** The limit of both gateways in bytes. */
const maxPayloadBytes = 4096;

/** Checks the rules that do not depend on the gateway. @throws InvalidMessageError */
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

/** Matches text of which nothing can be seen: blanks, control characters, zero-width ones. */
const invisible = /^[\s\p{Cc}\p{Default_Ignorable_Code_Point}]*$/u;

/** Tells whether there is anything to read on the screen. */
export function hasText({ title, titleLocKey, body, bodyLocKey }: MessageContent): boolean {
  return [title, titleLocKey, body, bodyLocKey].some((text) => text && !invisible.test(text));
}

/** Tells whether the user would see nothing of a message that is not marked as silent. */
export function showsNothing(content: MessageContent): boolean {
  return !content.silent && content.badge === undefined && !hasText(content);
}

const names = ['sound', 'icon', 'category', 'titleLocKey', 'bodyLocKey'] as const;

/** Checks what only an author can get wrong; what is stored is sent as far as it goes. @throws InvalidMessageError */
export function assertWellWritten(content: MessageContent): void {
  for (const name of names) {
    if (content[name]?.trim() === '') {
      throw new InvalidMessageError(`${name} must not be empty; leave it out instead.`, name);
    }
  }
  for (const line of ['title', 'body'] as const) {
    if (content[`${line}LocArgs`] === undefined || content[`${line}LocKey`]) continue;
    throw new InvalidMessageError(
      `${line}LocArgs wants a ${line}LocKey to be put into.`,
      `${line}LocArgs`,
    );
  }
  if (showsNothing(content)) {
    throw new InvalidMessageError(
      'The message shows nothing: it wants a title, a body or a badge, or to be silent.',
    );
  }
}
