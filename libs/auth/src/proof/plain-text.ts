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
