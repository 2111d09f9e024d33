import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import { Config, DomainError, type ErrorKind } from '@app/core';
import {
  type ArgumentsHost,
  Catch,
  type ExceptionFilter,
  HttpException,
  HttpStatus,
  Logger,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { PowerAuthErrorFilter } from '../powerauth/powerauth-error.filter';
import { isPowerAuthUrl } from '../powerauth/powerauth-url';

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
    private readonly config: Config,
    private readonly powerAuthErrors: PowerAuthErrorFilter,
  ) {}

  catch(error: unknown, host: ArgumentsHost): unknown {
    if (host.getType<string>() === 'graphql') return error;
    const { httpAdapter } = this.adapterHost;
    // No controller of theirs is reached by unknown routes and by bodies that Fastify refuses.
    if (isPowerAuthUrl(host.switchToHttp().getRequest<{ url: string }>().url, this.config)) {
      this.powerAuthErrors.catch(error, host);
      return undefined;
    }
    const response = host.switchToHttp().getResponse<object>();
    const { status, ...rest } = this.problemOf(error);
    httpAdapter.setHeader(response, 'content-type', 'application/problem+json');
    const problem = { type: 'about:blank', title: STATUS_CODES[status], status, ...rest };
    httpAdapter.reply(response, JSON.stringify(problem), status);
    return undefined;
  }

  private problemOf(error: unknown): Problem {
    if (error instanceof DomainError) {
      return { status: statusOf[error.kind], detail: error.message, code: error.code };
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
