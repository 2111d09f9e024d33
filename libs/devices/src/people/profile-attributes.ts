import { InvalidProfileError } from './profiles.errors';

export type ProfileAttributes = Readonly<Record<string, unknown>>;

const deepest = 32;
const largestBytes = 65_536;
const longestEmail = 254;

/**
 * Returns the attributes as they are stored: the e-mail in its one spelling, and without what is ours, `id` and
 * whatever begins with an underscore, which SDKs send back as they got it.
 * @throws InvalidProfileError
 */
export function checkAttributes(given: unknown): ProfileAttributes {
  if (!isObject(given)) throw new InvalidProfileError('profile', 'wants a JSON object');
  assertStorable(given, 'profile', 1);
  const own = Object.entries(given).filter(([name]) => name !== 'id' && !name.startsWith('_'));
  const attributes = Object.fromEntries(own);
  if (attributes.email === null) delete attributes.email;
  else if (attributes.email !== undefined) attributes.email = canonicalEmail(attributes.email);
  if (Buffer.byteLength(JSON.stringify(attributes)) > largestBytes) {
    throw new InvalidProfileError('profile', `wants at most ${largestBytes} bytes of JSON`);
  }
  return attributes;
}

/** Returns an e-mail in its one spelling: trimmed, in lower case. @throws InvalidProfileError */
export function canonicalEmail(given: unknown): string {
  const email = typeof given === 'string' ? given.trim().toLowerCase() : '';
  if (email.length <= longestEmail && /^[^\s@\p{Cc}\p{Cs}]+@[^\s@\p{Cc}\p{Cs}]+$/u.test(email)) {
    return email;
  }
  throw new InvalidProfileError('email', 'wants an e-mail address');
}

/** Merges by RFC 7396: members replace members, null removes. Both are checked, so neither is deep. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const merged = new Map(Object.entries(isObject(target) ? target : {}));
  for (const [name, member] of Object.entries(patch)) {
    if (member === null) merged.delete(name);
    else merged.set(name, mergePatch(merged.get(name), member));
  }
  return Object.fromEntries(merged);
}

/** Wants a value that PostgreSQL's jsonb can hold and JSON can say. @throws InvalidProfileError */
export function assertStorable(value: unknown, place: string, depth: number): void {
  if (typeof value === 'string' && /[\0\p{Cs}]/u.test(value)) {
    throw new InvalidProfileError(place, 'wants text without NUL and without halves of characters');
  }
  if (typeof value === 'number' && !isExact(value)) {
    throw new InvalidProfileError(
      place,
      'wants a smaller number, or text: this one would be rounded',
    );
  }
  if (typeof value !== 'object' || value === null) return;
  if (depth > deepest) throw new InvalidProfileError('profile', `wants at most ${deepest} levels`);
  for (const [name, member] of Object.entries(value)) {
    assertStorable(name, place, depth);
    assertStorable(member, name, depth + 1);
  }
}

/** Tells whether a number is exact: larger whole numbers of JSON have lost digits when they come here. */
function isExact(value: number): boolean {
  return Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
