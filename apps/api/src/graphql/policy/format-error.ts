import { withoutApiKeys } from '@app/auth';
import { DomainError } from '@app/core';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import { type Failure, failureOf } from '../../http/failure';

/** The codes that Apollo, graphql-js and our policy have for a request that is wrong in itself. */
const requestFaults = new Set([
  'BAD_REQUEST',
  'BAD_USER_INPUT',
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'INTROSPECTION_DISABLED',
  'OPERATION_NOT_SAFELISTED',
  'OPERATION_RESOLUTION_FAILURE',
  'OPERATION_TOO_LARGE',
  'PERSISTED_QUERY_NOT_FOUND',
  'PERSISTED_QUERY_NOT_SUPPORTED',
]);

const longestMessage = 500;

type Shown = Required<Pick<GraphQLFormattedError, 'message' | 'extensions'>>;

/** Formats what leaves: refusals with their code, faults of the request, and of everything else only a reference. */
export function formatError(
  formatted: GraphQLFormattedError,
  error: unknown,
): GraphQLFormattedError {
  const { locations, path } = formatted;
  const root = rootOf(error);
  const fault = root instanceof DomainError ? undefined : requestFault(formatted, error);
  const { message, extensions } = fault ?? shown(failureOf(root, 'GraphQL'));
  return { message, ...(locations && { locations }), ...(path && { path }), extensions };
}

export function shown({ kind, code, message, field, ids, retryAfter }: Failure): Shown {
  return {
    message: shortened(message),
    extensions: {
      code: code ?? (kind === 'malformed' ? 'BAD_REQUEST' : 'INTERNAL_SERVER_ERROR'),
      ...(field !== undefined && { field }),
      ...(ids !== undefined && { ids }),
      ...(kind === 'rate_limited' && { retryAfterSeconds: retryAfter }),
    },
  };
}

/** @returns undefined where the request is not wrong in itself */
function requestFault(formatted: GraphQLFormattedError, error: unknown): Shown | undefined {
  const code = faultCode(error, formatted.extensions?.code);
  if (code === undefined) return undefined;
  const { message, field } = describeFault(error, formatted.message);
  return {
    message: shortened(message),
    extensions: { code, ...(field !== undefined && { field }) },
  };
}

/** Finds the code of a fault. Apollo gives some of persisted queries a status only, and misses some of variables. */
function faultCode(error: unknown, code: unknown): string | undefined {
  if (typeof code === 'string' && requestFaults.has(code)) return code;
  if (!(error instanceof GraphQLError) || error.originalError !== undefined) return undefined;
  if (error.message.startsWith('Too many errors processing variables')) return 'BAD_USER_INPUT';
  const { http } = error.extensions as { http?: { status?: number } };
  return http?.status === 400 ? 'BAD_REQUEST' : undefined;
}

/** Shortens a sentence: it quotes what the caller sent, which may be a megabyte, or an API key where a name belongs. */
function shortened(message: string): string {
  const shown = withoutApiKeys(message);
  return shown.length > longestMessage ? `${shown.slice(0, longestMessage)}…` : shown;
}

/** Unwraps what a resolver or a scalar threw, which graphql-js wraps, sometimes twice. */
export function rootOf(error: unknown): unknown {
  return error instanceof GraphQLError && error.originalError !== undefined
    ? rootOf(error.originalError)
    : error;
}

/** Says where and why a value is wrong, without it: graphql-js quotes the value, which may hold a private key. */
function describeFault(error: unknown, message: string): { message: string; field?: string } {
  const variable = /^Variable "\$(\w+)" got invalid value /.exec(message)?.[1];
  if (variable === undefined) return { message: withoutValue(message) };
  const why = error instanceof GraphQLError ? error.originalError?.message : undefined;
  if (why === undefined) return { message: `Variable "$${variable}" has an invalid value.` };
  const field = / at "([^"]+)"$/.exec(message.slice(0, -`; ${why}`.length))?.[1] ?? variable;
  return { message: `${field}: ${withoutValue(why)}`, field };
}

function withoutValue(message: string): string {
  return message
    .replace(/( value): [^]*$|(, found) [^]*$/, '$1')
    .replace(/^Value "[^]*" (does not exist in "\w+" enum)[^]*$/, 'The value $1.')
    .replace(/^Unknown operation named "[^]*"\.$/, 'There is no operation of that name.')
    .replace(/^Field "(?!\w{1,64}" )[^]*" (is not defined by type "\w+")[^]*$/, 'A field $1.');
}
