import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import {
  asRefusal,
  DatabaseUnavailableError,
  Clock,
  Config,
  DomainError,
  type ErrorKind,
} from '@app/core';
import { type ArgumentsHost, Catch, HttpException, Logger } from '@nestjs/common';
import type { AreaFilter } from '../http/area-filter';
import { refusalHeaders } from '../http/refusal-headers';
import { refusalLine } from '../http/refusal-line';
import { idempotencyStatus } from '../idempotency/idempotency-status';
import { failureBytes, jsonBytes, type Reply, type Request } from './exchange';
import { DataIntegrityRefusal } from './refusals';

/** The legacy server says 400 to whatever it refuses, be it unknown, taken or out of reach; it knows no permissions. */
const statusOf: Readonly<Record<ErrorKind, number>> = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 400,
  conflict: 400,
  rate_limited: 429,
  unavailable: 400,
};

/** As the page words it. */
const unauthorized = 'Unauthorized, invalid security token configuration';

/** Renders what these routes throw, and what Fastify throws before them, as the PowerAuth Push Server does. */
@Catch()
export class PowerAuthErrorFilter implements AreaFilter {
  private readonly logger = new Logger(PowerAuthErrorFilter.name);

  constructor(
    private readonly clock: Clock,
    private readonly config: Config,
  ) {}

  owns(url: string): boolean {
    const { powerAuthCompat, powerAuthCompatPrefix: prefix } = this.config;
    if (powerAuthCompat === 'off' || !url.startsWith(prefix)) return false;
    return /^\/(push|admin\/app)(?=[/?]|$)/.test(url.slice(prefix.length));
  }

  catch(caught: unknown, host: ArgumentsHost): void {
    const error = asRefusal(caught);
    const http = host.switchToHttp();
    const reply = http.getResponse<Reply>().header('content-type', 'application/json');
    const status = error instanceof HttpException ? error.getStatus() : undefined;
    if (status === 404 || status === 405) {
      const { url } = http.getRequest<Request>();
      reply.code(status).send(jsonBytes(this.springError(status, url)));
      return;
    }
    const failure = this.failureOf(error);
    const headers = error instanceof DomainError ? refusalHeaders(error) : {};
    for (const [name, value] of Object.entries(headers)) reply.header(name, value);
    reply.code(failure.status).send(failureBytes(failure.code, failure.message));
  }

  /** What Spring says where no controller is reached. */
  private springError(status: number, url: string): object {
    return {
      timestamp: this.clock.now(),
      status,
      error: STATUS_CODES[status],
      message: '',
      path: url.split('?')[0],
    };
  }

  private failureOf(error: unknown): { status: number; code: string; message: string } {
    if (error instanceof DataIntegrityRefusal) {
      return { status: 409, code: error.code, message: error.message };
    }
    if (error instanceof DomainError) {
      this.logger.log(refusalLine(error));
      const message = error.kind === 'unauthenticated' ? unauthorized : error.message;
      const status =
        error instanceof DatabaseUnavailableError
          ? 503
          : (idempotencyStatus(error) ?? statusOf[error.kind]);
      return { status, code: 'ERROR_GENERIC', message };
    }
    if (error instanceof HttpException && error.getStatus() < 500) {
      return { status: 400, code: 'ERROR_GENERIC', message: error.message };
    }
    const message = `Internal error, reference ${randomUUID()}`;
    this.logger.error(message, error instanceof Error ? error.stack : String(error));
    return { status: 500, code: 'ERROR_GENERIC', message };
  }
}
