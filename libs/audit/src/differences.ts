import { isDeepStrictEqual } from 'node:util';

/** The members that a change changed, for the audit trail. */
export interface Differences<Facts> {
  readonly before: Partial<Facts>;
  readonly after: Partial<Facts>;
}

/**
 * Returns the members of these names whose JSON differs, in more than the order of members: PostgreSQL keeps its own.
 * @returns undefined when no member does
 */
export function differences<Facts extends object, Name extends keyof Facts>(
  before: Pick<Facts, Name>,
  after: Pick<Facts, Name>,
  names: readonly Name[],
): Differences<Pick<Facts, Name>> | undefined {
  const differing = names.filter((name) => !isSameJson(before[name], after[name]));
  if (differing.length === 0) return undefined;
  return { before: pick(before, differing), after: pick(after, differing) };
}

function isSameJson(one: unknown, other: unknown): boolean {
  const [left, right] = [JSON.stringify(one), JSON.stringify(other)] as (string | undefined)[];
  if (left === right) return true;
  if (left === undefined || right === undefined) return false;
  return isDeepStrictEqual(JSON.parse(left), JSON.parse(right));
}

/** Picks what an event tells of a thing that came or went. */
export function pick<Facts extends object, Name extends keyof Facts>(
  facts: Facts,
  names: readonly Name[],
): Pick<Facts, Name> {
  return Object.fromEntries(names.map((name) => [name, facts[name]])) as Pick<Facts, Name>;
}
