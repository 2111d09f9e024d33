import { DomainError } from '@app/core';
import { z } from 'zod';
import type { SecretProblem } from './secret-source';

/** Text; YAML reads an unquoted 1234567890 as a number, and the message says so. */
export const text = z.string({
  error: ({ input }) => (typeof input === 'number' ? 'wants text: put it in quotes' : 'wants text'),
});

export const wholeNumber = (least: number, most: number) => {
  const wants = `wants a whole number from ${least} to ${most}`;
  return z.number(wants).int(wants).min(least, wants).max(most, wants);
};

/** A list whose entries differ in `key`. */
export const listOf = <Entry extends z.ZodType>(entry: Entry, key: string) =>
  z
    .array(entry, 'wants a list')
    .superRefine(repeated(key), { when: () => true })
    .default([]);

export function refuse({ key, problem }: SecretProblem, context: z.RefinementCtx): never {
  context.addIssue({ code: 'custom', path: key === undefined ? [] : [key], message: problem });
  return z.NEVER;
}

export function report(
  problems: Iterable<DomainError>,
  secretField: string,
  secretKey: string,
  context: z.RefinementCtx,
): void {
  for (const { field = '', message } of problems) {
    const path = [field === secretField ? secretKey : field];
    context.addIssue({ code: 'custom', path, message: withoutField(message) });
  }
}

/** Checks a value by a function of the domain; its error becomes the problem. */
export function refusedBy<Value>(check: (value: Value) => unknown) {
  return (value: Value, context: z.RefinementCtx): void => {
    try {
      check(value);
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      context.addIssue(withoutField(error.message));
    }
  };
}

/** Drops the field from a message of the domain such as `keyId wants …`: here the place stands before it. */
const withoutField = (message: string) => message.slice(message.indexOf(' ') + 1);

/** Finds entries with the same `key` in a list, whatever else is wrong with it. */
function repeated(key: string) {
  return (rows: unknown, context: z.RefinementCtx): void => {
    if (!Array.isArray(rows)) return;
    const seen = new Map<unknown, number>();
    for (const [index, row] of (rows as Record<string, unknown>[]).entries()) {
      const value = row[key];
      if (value === undefined) continue;
      const first = seen.get(value);
      if (first === undefined) seen.set(value, index);
      else {
        const message = `is taken by the entry [${first}]`;
        context.addIssue({ code: 'custom', path: [index, key], message });
      }
    }
  };
}
