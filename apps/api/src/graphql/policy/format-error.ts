import { randomUUID } from 'node:crypto';
import { asRefusal, DomainError, RateLimitedError } from '@app/core';
import { Logger } from '@nestjs/common';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import { refusalLine } from '../../http/refusal-line';

const logger = new Logger('GraphQL');

/** What Apollo, graphql-js and our policy say about a request that is wrong in itself. */
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

/** What leaves: refusals with their code, faults of the request, and of everything else only a reference. */
export function formatError(
  formatted: GraphQLFormattedError,
  error: unknown,
): GraphQLFormattedError {
  const { locations, path, extensions } = formatted;
  const place = { ...(locations && { locations }), ...(path && { path }) };
  const cause = asRefusal(rootOf(error));
  if (cause instanceof DomainError) {
    logger.log(refusalLine(cause));
    return { message: shortened(cause.message), ...place, extensions: extensionsOf(cause) };
  }
  const code = requestFault(error, extensions?.code);
  if (code !== undefined) {
    const { message, field } = describeFault(error, formatted.message);
    return {
      message: shortened(message),
      ...place,
      extensions: { code, ...(field !== undefined && { field }) },
    };
  }
  const reference = randomUUID();
  logger.error(`Internal error, reference ${reference}`, stackOf(cause));
  return {
    message: `Internal error, reference ${reference}`,
    ...place,
    extensions: { code: 'INTERNAL_SERVER_ERROR' },
  };
}

/** Apollo gives some faults of persisted queries a status and no code, and knows not all that graphql-js says of variables. */
function requestFault(error: unknown, code: unknown): string | undefined {
  if (typeof code === 'string' && requestFaults.has(code)) return code;
  if (!(error instanceof GraphQLError) || error.originalError !== undefined) return undefined;
  if (error.message.startsWith('Too many errors processing variables')) return 'BAD_USER_INPUT';
  const { http } = error.extensions as { http?: { status?: number } };
  return http?.status === 400 ? 'BAD_REQUEST' : undefined;
}

function extensionsOf(error: DomainError): Readonly<Record<string, unknown>> {
  const { code, field } = error;
  return {
    code,
    ...(field !== undefined && { field }),
    ...(error instanceof RateLimitedError && { retryAfterSeconds: error.retryAfterSeconds }),
  };
}

/** Sentences quote what the caller sent, which may be a megabyte. */
const shortened = (message: string) =>
  message.length > longestMessage ? `${message.slice(0, longestMessage)}…` : message;

/** graphql-js wraps what a resolver or a scalar throws, sometimes twice. */
function rootOf(error: unknown): unknown {
  return error instanceof GraphQLError && error.originalError !== undefined
    ? rootOf(error.originalError)
    : error;
}

/**
 * graphql-js quotes the value that it can't coerce, which may hold a private key: only where and why is passed on.
 */
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

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
