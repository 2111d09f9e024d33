import { InvalidOperatorError } from './operators.errors';
import { isPlainText } from '../proof/plain-text';

/** The limit of RFC 5321 §4.5.3.1.3, less the brackets. */
const maxCharacters = 254;

/** Trims an e-mail and puts it in lower case, so that it is one operator however typed. @returns undefined for other text */
export function emailOf(text: string): string | undefined {
  const email = text.trim().toLowerCase();
  return isPlainText(email, maxCharacters) && /^[^@\s]+@[^@\s]+$/.test(email) ? email : undefined;
}

/** Works as `emailOf`. @throws InvalidOperatorError for text that is no e-mail */
export function assertEmail(text: string): string {
  const email = emailOf(text);
  if (email !== undefined) return email;
  throw new InvalidOperatorError(
    'email',
    `wants an e-mail address of at most ${maxCharacters} characters`,
  );
}
