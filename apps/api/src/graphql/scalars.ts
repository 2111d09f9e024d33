import { GraphQLError, GraphQLScalarType, Kind, valueFromASTUntyped } from 'graphql';

/** RFC 3339, seconds and zone included: JavaScript's own parser also takes "1" for a date. */
const rfc3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2})$/;

function parseDate(value: unknown): Date {
  if (typeof value === 'string' && rfc3339.test(value)) {
    const date = new Date(value);
    if (!Number.isNaN(date.getTime())) return date;
  }
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

/** Deeper values are an attack on the stack rather than a message. */
const deepest = 32;

/** The transformer of inputs would drop or stumble over these. */
const reserved = new Set(['__proto__', 'constructor']);

function assertHarmless(value: unknown, depth = 1): void {
  if (typeof value !== 'object' || value === null) return;
  if (depth > deepest) throw new GraphQLError(`JSON wants at most ${deepest} levels.`);
  for (const [key, member] of Object.entries(value)) {
    if (reserved.has(key)) throw new GraphQLError(`JSON must not contain the key "${key}".`);
    assertHarmless(member, depth + 1);
  }
}

function parseJson(value: unknown): unknown {
  assertHarmless(value);
  return value;
}

export const Json = new GraphQLScalarType({
  name: 'JSON',
  description: `Any JSON value, at most ${deepest} levels deep.`,
  specifiedByURL: 'https://www.rfc-editor.org/rfc/rfc8259',
  serialize: (value) => value,
  parseValue: parseJson,
  parseLiteral: (node, variables) => parseJson(valueFromASTUntyped(node, variables)),
});
