import { randomUUID } from 'node:crypto';
import { InvalidTokenError } from '@app/auth';
import {
  asRefusal,
  DomainError,
  type ErrorKind,
  ForbiddenError,
  RateLimitedError,
} from '@app/core';
import { HttpException, Logger, NotFoundException } from '@nestjs/common';
import { refusalLine } from './refusal-line';

/** Refusals have the kinds of errors; `malformed` is what Fastify or Nest does not take, `internal` a fault of ours. */
export type FailureKind = ErrorKind | 'malformed' | 'internal';

/** Why a request was not carried out, as its caller may know it. Each edge puts it in its own form. */
export interface Failure {
  readonly kind: FailureKind;
  /** What HTTP calls it; an edge may have another status for a kind. */
  readonly status: number;
  /** Of a refusal. */
  readonly code?: string;
  /** Of what is internal, only a reference, under which the log has the rest. */
  readonly message: string;
  readonly field?: string;
  /** In how many seconds it may be tried again. */
  readonly retryAfter?: number;
  /** What the caller has to show, for WWW-Authenticate. RFC 6750 §3 */
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

/** What is away for a moment may be back by then. */
const awaySeconds = 5;

/** Logs what it makes of an error. @param edge where the caller came in, as the log names it */
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

/** As `failureOf`, for who answers nothing with it: it is not logged. */
export const unloggedFailureOf = (caught: unknown): Failure => describe(asRefusal(caught));

/** The headers of HTTP that go with it, whatever form its body has: RFC 6750 §3 and RFC 9110 §10.2.3. */
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
    const said = { kind, status: statusOf[kind], code, message, ...callFor(error) };
    return field === undefined ? said : { ...said, field };
  }
  if (error instanceof HttpException && error.getStatus() < 500) {
    const message = isUnknownRoute(error) ? 'There is no such route' : error.message;
    return { kind: 'malformed', status: error.getStatus(), message };
  }
  return { kind: 'internal', status: 500, message: `Internal error, reference ${randomUUID()}` };
}

/** What the caller may do about a refusal. Who came without a token learns the scheme only. */
function callFor(error: DomainError): Pick<Failure, 'retryAfter' | 'challenge'> {
  if (error instanceof RateLimitedError) return { retryAfter: error.retryAfterSeconds };
  if (error.kind === 'unavailable') return { retryAfter: awaySeconds };
  if (error instanceof ForbiddenError) {
    return { challenge: `Bearer error="insufficient_scope", scope="${error.permission}"` };
  }
  if (error instanceof InvalidTokenError) return { challenge: 'Bearer error="invalid_token"' };
  return error.kind === 'unauthenticated' ? { challenge: 'Bearer' } : {};
}

/** Nest repeats the URL, which may hold a token. */
function isUnknownRoute(error: HttpException): boolean {
  return error instanceof NotFoundException && error.message.startsWith('Cannot ');
}
