import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import { asRefusal, DomainError, type ErrorKind } from '@app/core';
import {
  type ArgumentsHost,
  Catch,
  type ExceptionFilter,
  HttpException,
  HttpStatus,
  Logger,
  NotFoundException,
} from '@nestjs/common';
import type { HttpAdapterHost } from '@nestjs/core';
import { idempotencyStatus } from '../idempotency/idempotency-status';
import type { AreaFilter } from './area-filter';
import { refusalHeaders } from './refusal-headers';
import { refusalLine } from './refusal-line';

const statusOf: Readonly<Record<ErrorKind, HttpStatus>> = {
  invalid: HttpStatus.BAD_REQUEST,
  unauthenticated: HttpStatus.UNAUTHORIZED,
  forbidden: HttpStatus.FORBIDDEN,
  not_found: HttpStatus.NOT_FOUND,
  conflict: HttpStatus.CONFLICT,
  rate_limited: HttpStatus.TOO_MANY_REQUESTS,
  unavailable: HttpStatus.SERVICE_UNAVAILABLE,
};

/** A problem of RFC 9457; its title is the status's. */
interface Problem {
  readonly status: number;
  readonly detail: string;
  readonly code?: string;
}

/** Renders what plain HTTP routes throw as problem+json. GraphQL's errors pass: `formatError` renders them. */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  private readonly logger = new Logger(ErrorFilter.name);

  constructor(
    private readonly adapterHost: HttpAdapterHost,
    private readonly areas: readonly AreaFilter[],
  ) {}

  catch(caught: unknown, host: ArgumentsHost): unknown {
    const error = asRefusal(caught);
    if (host.getType<string>() === 'graphql') return error;
    // No controller is reached by unknown routes and by bodies that Fastify refuses, and so no filter of a controller.
    const { url } = host.switchToHttp().getRequest<{ url: string }>();
    const area = this.areas.find((filter) => filter.owns(url));
    const told = isUnknownRoute(error) ? new NotFoundException('There is no such route') : error;
    if (area === undefined) this.reply(told, host.switchToHttp().getResponse<object>());
    else area.catch(told, host);
    return undefined;
  }

  private reply(error: unknown, response: object): void {
    const { httpAdapter } = this.adapterHost;
    const { status, ...rest } = this.problemOf(error);
    const headers = {
      'content-type': 'application/problem+json',
      ...(error instanceof DomainError && refusalHeaders(error)),
    };
    for (const [name, value] of Object.entries(headers)) {
      httpAdapter.setHeader(response, name, value);
    }
    const problem = { type: 'about:blank', title: STATUS_CODES[status], status, ...rest };
    httpAdapter.reply(response, JSON.stringify(problem), status);
  }

  private problemOf(error: unknown): Problem {
    if (error instanceof DomainError) {
      this.logger.log(refusalLine(error));
      const status = idempotencyStatus(error) ?? statusOf[error.kind];
      return { status, detail: error.message, code: error.code };
    }
    if (error instanceof HttpException && error.getStatus() < 500) {
      return { status: error.getStatus(), detail: error.message };
    }
    const reference = randomUUID();
    const detail = `Internal error, reference ${reference}`;
    this.logger.error(detail, error instanceof Error ? error.stack : String(error));
    return { status: HttpStatus.INTERNAL_SERVER_ERROR, detail };
  }
}

/** Nest repeats the URL, which may hold a token. */
function isUnknownRoute(error: unknown): boolean {
  return error instanceof NotFoundException && error.message.startsWith('Cannot ');
}
