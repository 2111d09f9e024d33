import type { ArgumentMetadata, PipeTransform } from '@nestjs/common';
import { InvalidInputError } from '../../http/invalid-input.error';

/**
 * Runs on every argument, after inputs became instances of their classes. Drops the nulls of inputs, because an
 * optional field that is null is meant to be absent, and refuses text that PostgreSQL can't store.
 */
export class TidyInputPipe implements PipeTransform {
  transform(value: unknown, { type, data }: ArgumentMetadata): unknown {
    // Parents and contexts pass here too, as `custom`.
    if (type === 'body') tidy(value, data ?? '');
    return value;
  }
}

function tidy(value: unknown, path: string): void {
  if (typeof value === 'string') assertStorable(value, path);
  if (typeof value !== 'object' || value === null || value instanceof Date) return;
  // Custom JSON and lists are plain; null means something there.
  const isInput = !Array.isArray(value) && Object.getPrototypeOf(value) !== Object.prototype;
  for (const [key, member] of Object.entries(value) as [string, unknown][]) {
    const memberPath = path === '' ? key : `${path}.${key}`;
    if (isInput && (member === null || member === undefined)) Reflect.deleteProperty(value, key);
    else {
      assertStorable(key, memberPath);
      tidy(member, memberPath);
    }
  }
}

function assertStorable(text: string, path: string): void {
  if (!text.includes('\0') && !/\p{Surrogate}/u.test(text)) return;
  throw new InvalidInputError(path, 'wants text without NUL and without halves of characters');
}
