import { randomUUID } from 'node:crypto';
import { InvalidTokenError } from '@app/auth';
import {
  asRefusal,
  DomainError,
  type ErrorKind,
  ForbiddenError,
  RateLimitedError,
} from '@app/core';
import { AnswerNotKeptError } from '@app/idempotency';
import { HttpException, Logger, NotFoundException } from '@nestjs/common';
import { refusalLine } from './refusal-line';

/** The kind of a refusal is its error's; `malformed` is what Fastify or Nest does not take, `internal` a fault of ours. */
export type FailureKind = ErrorKind | 'malformed' | 'internal';

/** The reason why a request was not carried out, as its caller may know it. Each edge puts it in its own form. */
export interface Failure {
  readonly kind: FailureKind;
  /** The status of HTTP; an edge may have another one for a kind. */
  readonly status: number;
  /** The code of a refusal. */
  readonly code?: string;
  /** The message; for an internal failure only a reference, under which the log has the rest. */
  readonly message: string;
  readonly field?: string;
  /** The ids of what was done before, and is told of no more. */
  readonly ids?: readonly string[];
  /** The seconds after which it may be tried again. */
  readonly retryAfter?: number;
  /** The challenge for WWW-Authenticate, which says what the caller has to show. RFC 6750 §3 */
  readonly challenge?: string;
}

const statusOf: Readonly<Record<ErrorKind, number>> = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  precondition: 412,
  unprocessable: 422,
  rate_limited: 429,
  unavailable: 503,
};

/** How many seconds to wait for what is away for a moment. */
const awaySeconds = 5;

/** Makes a failure of an error, and logs it. @param edge where the caller came in, as the log names it */
export function failureOf(caught: unknown, edge: string): Failure {
  const error = asRefusal(caught);
  const failure = describe(error);
  const logger = new Logger(edge);
  if (error instanceof DomainError) logger.log(refusalLine(error));
  else if (failure.kind === 'internal') {
    logger.error(failure.message, error instanceof Error ? error.stack : String(error));
  }
  return failure;
}

/** Works as `failureOf`, for who answers nothing with it: it is not logged. */
export const unloggedFailureOf = (caught: unknown): Failure => describe(asRefusal(caught));

/** Returns the headers that go with a failure, whatever form its body has: RFC 6750 §3 and RFC 9110 §10.2.3. */
export const headersOf = ({
  retryAfter,
  challenge,
}: Failure): Readonly<Record<string, string>> => ({
  ...(retryAfter !== undefined && { 'retry-after': String(retryAfter) }),
  ...(challenge !== undefined && { 'www-authenticate': challenge }),
});

function describe(error: unknown): Failure {
  if (error instanceof DomainError) {
    const { kind, code, message, field } = error;
    const ids = error instanceof AnswerNotKeptError ? { ids: error.ids } : {};
    const said = { kind, status: statusOf[kind], code, message, ...ids, ...callFor(error) };
    return field === undefined ? said : { ...said, field };
  }
  if (error instanceof HttpException && error.getStatus() < 500) {
    const message = isUnknownRoute(error) ? 'There is no such route' : error.message;
    return { kind: 'malformed', status: error.getStatus(), message };
  }
  return { kind: 'internal', status: 500, message: `Internal error, reference ${randomUUID()}` };
}

/** Says what the caller may do about a refusal. One who came without a token learns only the scheme. */
function callFor(error: DomainError): Pick<Failure, 'retryAfter' | 'challenge'> {
  if (error instanceof RateLimitedError) return { retryAfter: error.retryAfterSeconds };
  if (error.kind === 'unavailable') return { retryAfter: awaySeconds };
  if (error instanceof ForbiddenError) {
    return { challenge: `Bearer error="insufficient_scope", scope="${error.permission}"` };
  }
  if (error instanceof InvalidTokenError) return { challenge: 'Bearer error="invalid_token"' };
  return error.kind === 'unauthenticated' ? { challenge: 'Bearer' } : {};
}

/** Recognizes Nest's error for an unknown route, which repeats the URL, and that may hold a token. */
function isUnknownRoute(error: HttpException): boolean {
  return error instanceof NotFoundException && error.message.startsWith('Cannot ');
}
