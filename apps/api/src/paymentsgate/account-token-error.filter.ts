import { randomUUID } from 'node:crypto';
import { asRefusal, Config, DomainError, type ErrorKind } from '@app/core';
import { type ArgumentsHost, Catch, HttpException, Logger } from '@nestjs/common';
import type { AreaFilter } from '../http/area-filter';
import { refusalHeaders } from '../http/refusal-headers';
import { refusalLine } from '../http/refusal-line';
import { isRefreshUrl, isTokenUrl } from './token-routes';

/** As PaymentsGate answers. */
interface Failure {
  readonly error: string;
  readonly message: string;
  readonly details?: { readonly field: string };
  readonly statusCode: number;
}

interface Reply {
  code(status: number): Reply;
  headers(values: Readonly<Record<string, string>>): Reply;
  send(body?: object): unknown;
}

const statusOf: Readonly<Record<ErrorKind, number>> = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  rate_limited: 429,
  unavailable: 503,
};

/** Renders what the routes of PaymentsGate's clients throw, and what Fastify throws before them. */
@Catch()
export class AccountTokenErrorFilter implements AreaFilter {
  private readonly logger = new Logger(AccountTokenErrorFilter.name);

  constructor(private readonly config: Config) {}

  owns(url: string): boolean {
    return isTokenUrl(url);
  }

  catch(caught: unknown, host: ArgumentsHost): void {
    const error = asRefusal(caught);
    const http = host.switchToHttp();
    const failure = this.failureOf(error);
    const reply = http.getResponse<Reply>().code(failure.statusCode);
    reply.headers({
      'cache-control': 'no-store',
      pragma: 'no-cache',
      ...(error instanceof DomainError && refusalHeaders(error)),
    });
    // With a body to a refresh that was refused the clients give up for good; without one they log in again (trap 10).
    const isEmpty = this.config.emptyRefreshError && failure.statusCode !== 400;
    if (isEmpty && isRefreshUrl(http.getRequest<{ url: string }>().url)) reply.send();
    else reply.send(failure);
  }

  private failureOf(error: unknown): Failure {
    if (error instanceof DomainError) {
      this.logger.log(refusalLine(error));
      const { code, message, field, kind } = error;
      const details = field === undefined ? {} : { details: { field } };
      return { error: code, message, ...details, statusCode: statusOf[kind] };
    }
    if (error instanceof HttpException && error.getStatus() < 500) {
      // The clients know 400, 401, 403 and 429 only; what Fastify does not take is a bad request to them.
      const statusCode = error.getStatus() === 404 ? 404 : 400;
      const code = statusCode === 404 ? 'NOT_FOUND' : 'INVALID_REQUEST';
      return { error: code, message: error.message, statusCode };
    }
    const message = `Internal error, reference ${randomUUID()}`;
    this.logger.error(message, error instanceof Error ? error.stack : String(error));
    return { error: 'INTERNAL_ERROR', message, statusCode: 500 };
  }
}
