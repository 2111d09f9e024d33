import { characterCount } from '@app/core';

/** Text of 1 to `maxCharacters` that is not blank and has no control characters or halves of characters. */
export function isPlainText(value: unknown, maxCharacters: number): value is string {
  return (
    typeof value === 'string' &&
    characterCount(value) <= maxCharacters &&
    value.trim() !== '' &&
    !/[\p{Cc}\p{Surrogate}]/u.test(value)
  );
}

/** What a column of that type takes; all else would be an error of the database. */
export function isUuid(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value);
}
