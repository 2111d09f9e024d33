import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import { asRefusal, DomainError, type ErrorKind } from '@app/core';
import { ProfileChangedError } from '@app/devices';
import { type ArgumentsHost, Catch, HttpException, Logger } from '@nestjs/common';
import type { AreaFilter } from '../http/area-filter';
import { refusalHeaders } from '../http/refusal-headers';
import { refusalLine } from '../http/refusal-line';
import { isComapiUrl } from './comapi-url';

const statusOf: Readonly<Record<ErrorKind, number>> = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  rate_limited: 429,
  unavailable: 503,
};

/** The SDKs read nothing but the status; the rest is for who reads along. */
interface Failure {
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

interface Reply {
  code(status: number): Reply;
  header(name: string, value: string): Reply;
  send(body: object): unknown;
}

/** Renders what Comapi's routes throw, and what Fastify throws before them. */
@Catch()
export class ComapiErrorFilter implements AreaFilter {
  private readonly logger = new Logger(ComapiErrorFilter.name);

  owns(url: string): boolean {
    return isComapiUrl(url);
  }

  catch(caught: unknown, host: ArgumentsHost): void {
    const error = asRefusal(caught);
    const reply = host.switchToHttp().getResponse<Reply>();
    const { status, code, message } = this.failureOf(error);
    const headers = error instanceof DomainError ? refusalHeaders(error) : {};
    for (const [name, value] of Object.entries(headers)) reply.header(name, value);
    reply.code(status).send({ code, message });
  }

  private failureOf(error: unknown): Failure {
    if (error instanceof DomainError) {
      const { code, message } = error;
      this.logger.log(refusalLine(error));
      const status = error instanceof ProfileChangedError ? 412 : statusOf[error.kind];
      return { status, code, message };
    }
    if (error instanceof HttpException && error.getStatus() < 500) {
      const status = error.getStatus();
      const name = STATUS_CODES[status] ?? 'Refused';
      return { status, code: name.toUpperCase().replace(/\W+/g, '_'), message: error.message };
    }
    const message = `Internal error, reference ${randomUUID()}`;
    this.logger.error(message, error instanceof Error ? error.stack : String(error));
    return { status: 500, code: 'INTERNAL_ERROR', message };
  }
}
