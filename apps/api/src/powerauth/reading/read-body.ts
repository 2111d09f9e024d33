import type { JsonValue } from '@app/push';
import { fromEpoch, javaDate } from './java-date';
import { Refusal } from './refusals';

/**
 * Turns one value of a JSON body into ours with the coercions of Jackson, on which legacy clients rely. What it
 * doesn't coerce is refused. `place` is the value's path, for the message.
 * @throws Refusal
 */
export type Reader<Value> = (value: unknown, place: string) => Value;

/** The value that an `object` reader of this shape gives. */
export type Read<Shape extends Record<string, Reader<unknown>>> = {
  readonly [Key in keyof Shape]: ReturnType<Shape[Key]>;
};

/** Reads text; numbers and booleans become their text. */
export const text: Reader<string | null> = (value, place) => {
  if (isMissing(value)) return null;
  if (typeof value === 'string') return storable(value, place);
  if (typeof value === 'boolean' || isExact(value)) return String(value);
  throw malformed(place, 'wants text');
};

/** Reads a whole number; fractions are cut, text is parsed, empty text is null. */
export const integer: Reader<number | null> = (value, place) => {
  if (isMissing(value)) return null;
  const digits = typeof value === 'string' ? value.trim() : undefined;
  if (digits === '') return null;
  const number = digits !== undefined && /^[+-]?\d+$/.test(digits) ? Number(digits) : value;
  if (typeof number === 'number' && Number.isSafeInteger(Math.trunc(number))) {
    return Math.trunc(number) + 0; // not -0
  }
  throw malformed(place, 'wants a number');
};

/** Reads a value of an enumeration, by its name or its place in the original; empty text is null. */
export function oneOf<Name extends string>(names: readonly Name[]): Reader<Name | null> {
  return (value, place) => {
    if (isMissing(value) || value === '') return null;
    const given = typeof value === 'number' ? names[value] : value;
    const found = names.find(
      (name) => typeof given === 'string' && name === given.trim().toLowerCase(),
    );
    if (found !== undefined) return found;
    throw malformed(place, `wants one of ${names.join(', ').toUpperCase()}`);
  };
}

/** Reads a boolean; `"true"` and numbers other than 0 are true, null and absent are false. */
export const flag: Reader<boolean> = (value, place) => {
  if (isMissing(value) || value === '') return false;
  if (typeof value === 'boolean') return value;
  if (Number.isInteger(value)) return value !== 0;
  if (value === 'true' || value === 'True' || value === 'TRUE') return true;
  if (value === 'false' || value === 'False' || value === 'FALSE') return false;
  throw malformed(place, 'wants a boolean');
};

/** Reads a point in time in the forms that clients write: text, decimal epoch seconds, epoch milliseconds. */
export const instant: Reader<Date | null> = (value, place) => {
  const given = typeof value === 'string' ? value.trim() : value;
  if (isMissing(given) || given === '') return null;
  const date =
    typeof given === 'number'
      ? fromEpoch(given)
      : typeof given === 'string'
        ? javaDate(given)
        : undefined;
  if (date !== undefined && isStorable(date)) return date;
  throw malformed(place, 'wants a date and time such as 2030-01-01T00:00:00Z');
};

export function list<Item>(item: Reader<Item>): Reader<Item[] | null> {
  return (value, place) => {
    if (isMissing(value)) return null;
    if (!Array.isArray(value)) throw malformed(place, 'wants a list');
    return value.map((member, index) => item(member, `${place}[${index}]`));
  };
}

/** Reads an object. Unknown keys are ignored; the reader of an absent key gets undefined. */
export function object<Shape extends Record<string, Reader<unknown>>>(
  shape: Shape,
): Reader<Read<Shape> | null> {
  const readers = Object.entries(shape);
  return (value, place) => {
    if (isMissing(value)) return null;
    const members = membersOf(value, place);
    return Object.fromEntries(
      readers.map(([key, read]) => [
        key,
        read(Object.hasOwn(members, key) ? members[key] : undefined, join(place, key)),
      ]),
    ) as Read<Shape>;
  };
}

/** The deepest custom data: nobody's is deeper, and JSON is written by recursion. */
const deepestExtras = 32;

/** Reads custom data and keeps it as it is, without nulls: APNs silently drops a payload that contains one. */
export const extras: Reader<Readonly<Record<string, JsonValue>> | null> = (value, place) =>
  isMissing(value) ? null : customObject(value, place, 1);

function customObject(value: unknown, place: string, depth: number): Record<string, JsonValue> {
  if (depth > deepestExtras)
    throw malformed('extras', `must not nest deeper than ${deepestExtras}`);
  return Object.fromEntries(
    Object.entries(membersOf(value, place))
      .filter(([, member]) => member !== null)
      .map(([key, member]) => [storable(key, place), customValue(member, join(place, key), depth)]),
  );
}

function customValue(value: unknown, place: string, depth: number): JsonValue {
  if (typeof value === 'boolean') return value;
  if (typeof value === 'string') return storable(value, place);
  if (isExact(value)) return value;
  if (Array.isArray(value)) {
    if (depth >= deepestExtras) {
      throw malformed('extras', `must not nest deeper than ${deepestExtras}`);
    }
    return value
      .filter((member) => member !== null)
      .map((member, index) => customValue(member, `${place}[${index}]`, depth + 1));
  }
  if (typeof value === 'object') return customObject(value, place, depth + 1);
  throw malformed(place, 'is a number that loses digits');
}

/** @throws Refusal when the value is no object, or has a key that would be lost when somebody copies it */
function membersOf(value: unknown, place: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw malformed(place, 'wants an object');
  }
  if (Object.hasOwn(value, '__proto__')) throw malformed(join(place, '__proto__'), 'is no key');
  return value as Record<string, unknown>;
}

const isMissing = (value: unknown): value is null | undefined =>
  value === null || value === undefined;

/** Tells whether a number is exact: larger ones have lost digits when they arrive here and would name somebody else. */
function isExact(value: unknown): value is number {
  return Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value));
}

/** Wants text that can be stored: PostgreSQL's holds no NUL, and UTF-8 no half of a character. */
function storable(value: string, place: string): string {
  if (!value.includes('\0') && !/\p{Surrogate}/u.test(value)) return value;
  throw malformed(place, 'wants text without NUL and without halves of characters');
}

/** Tells whether a date can be stored: ISO text has no room for years after 9999, and nobody's message ends then. */
function isStorable(date: Date): boolean {
  const year = date.getUTCFullYear(); // NaN where it is no date
  return year >= 0 && year <= 9999;
}

const join = (place: string, key: string) => (place === '' ? key : `${place}.${key}`);

/** Makes a refusal without the value, which may be a secret. */
function malformed(place: string, wants: string): Refusal {
  return new Refusal(`${place === '' ? 'The request body' : place.slice(0, 200)} ${wants}.`);
}
