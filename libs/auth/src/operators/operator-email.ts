import { InvalidOperatorError } from './operators.errors';
import { isPlainText } from '../proof/plain-text';

/** RFC 5321 §4.5.3.1.3, less the brackets. */
const maxCharacters = 254;

/** Trimmed and in lower case: an e-mail is one operator however it is typed. @returns undefined when it is none */
export function emailOf(text: string): string | undefined {
  const email = text.trim().toLowerCase();
  return isPlainText(email, maxCharacters) && /^[^@\s]+@[^@\s]+$/.test(email) ? email : undefined;
}

/** As `emailOf`. @throws InvalidOperatorError */
export function assertEmail(text: string): string {
  const email = emailOf(text);
  if (email !== undefined) return email;
  throw new InvalidOperatorError(
    'email',
    `wants an e-mail address of at most ${maxCharacters} characters`,
  );
}
