import { momentOf } from '@app/core';
import { GraphQLError, GraphQLScalarType, Kind, valueFromASTUntyped } from 'graphql';

function parseDate(value: unknown): Date {
  const moment = typeof value === 'string' ? momentOf(value) : undefined;
  if (moment !== undefined) return moment;
  throw new GraphQLError('DateTime wants RFC 3339, e.g. 2026-01-31T12:00:00Z.');
}

export const DateTime = new GraphQLScalarType<Date, string>({
  name: 'DateTime',
  description: 'A moment as RFC 3339 text with its zone, e.g. 2026-01-31T12:00:00Z.',
  specifiedByURL: 'https://www.rfc-editor.org/rfc/rfc3339',
  serialize: (value) => (value as Date).toISOString(),
  parseValue: parseDate,
  parseLiteral: (node) => parseDate(node.kind === Kind.STRING ? node.value : undefined),
});

/** The deepest value that is taken: a deeper one is an attack on the stack rather than a message. */
const deepest = 32;

/** Copies a value into plain objects, however graphql-js made it. @throws GraphQLError for what would arrive changed */
function parseJson(value: unknown, depth = 1): unknown {
  if (typeof value === 'number') return exact(value);
  if (typeof value !== 'object' || value === null) return value;
  if (depth > deepest) throw new GraphQLError(`JSON wants at most ${deepest} levels.`);
  if (Array.isArray(value)) return value.map((member) => parseJson(member, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => {
      // Whoever copies objects member by member would lose it.
      if (key === '__proto__') throw new GraphQLError(`JSON must not contain the key "${key}".`);
      return [key, parseJson(member, depth + 1)];
    }),
  );
}

/** Refuses numbers that are not what was sent: a larger whole number has lost digits when it comes here; 1e400 is infinite. */
function exact(value: number): number {
  if (Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value))) {
    return value;
  }
  throw new GraphQLError(
    `JSON wants whole numbers up to ${Number.MAX_SAFE_INTEGER}, and none that is infinite; write a larger one as text.`,
  );
}

export const Json = new GraphQLScalarType({
  name: 'JSON',
  description: `Any JSON value, at most ${deepest} levels deep. Whole numbers beyond ±${Number.MAX_SAFE_INTEGER} want quotes.`,
  specifiedByURL: 'https://www.rfc-editor.org/rfc/rfc8259',
  serialize: (value) => value,
  parseValue: (value) => parseJson(value),
  parseLiteral: (node, variables) => parseJson(valueFromASTUntyped(node, variables)),
});
