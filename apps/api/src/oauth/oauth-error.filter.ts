import { randomUUID } from 'node:crypto';
import { OAuthError } from '@app/auth';
import { asRefusal, DomainError, type ErrorKind } from '@app/core';
import { type ArgumentsHost, Catch, HttpException, Logger } from '@nestjs/common';
import type { AreaFilter } from '../http/area-filter';
import { refusalHeaders } from '../http/refusal-headers';
import { refusalLine } from '../http/refusal-line';

interface Failure {
  readonly status: number;
  /** RFC 6749 §5.2, RFC 6750 §3.1 */
  readonly error: string;
  readonly message: string;
}

interface Request {
  readonly headers: { readonly authorization?: string };
}

interface Reply {
  code(status: number): Reply;
  header(name: string, value: string): Reply;
  send(body: object): unknown;
}

const failureOf: Readonly<Record<ErrorKind, Omit<Failure, 'message'>>> = {
  invalid: { status: 400, error: 'invalid_request' },
  unauthenticated: { status: 401, error: 'invalid_token' },
  forbidden: { status: 403, error: 'insufficient_scope' },
  not_found: { status: 404, error: 'invalid_request' },
  conflict: { status: 409, error: 'invalid_request' },
  rate_limited: { status: 429, error: 'temporarily_unavailable' },
  unavailable: { status: 503, error: 'temporarily_unavailable' },
};

/**
 * Renders what the OAuth routes throw, and what Fastify throws before them, with the members of RFC 6749 and with those
 * of Xtremepush's External API, so that clients of either kind can read it.
 */
@Catch()
export class OAuthErrorFilter implements AreaFilter {
  private readonly logger = new Logger(OAuthErrorFilter.name);

  owns(url: string): boolean {
    return /^\/api\/oauth(?=[/?]|$)/.test(url);
  }

  catch(caught: unknown, host: ArgumentsHost): void {
    const error = asRefusal(caught);
    const http = host.switchToHttp();
    const reply = http.getResponse<Reply>();
    const failure = this.describe(error, http.getRequest<Request>());
    const headers = {
      'cache-control': 'no-store',
      pragma: 'no-cache',
      ...(error instanceof DomainError && failure.status !== 400 && refusalHeaders(error)),
    };
    for (const [name, value] of Object.entries(headers)) reply.header(name, value);
    reply.code(failure.status).send({
      error: failure.error,
      error_description: failure.message,
      success: false,
      code: failure.status,
      message: failure.message,
    });
  }

  private describe(error: unknown, request: Request): Failure {
    if (error instanceof DomainError) {
      this.logger.log(refusalLine(error));
      const { message } = error;
      return error instanceof OAuthError
        ? { status: statusOf(error, request), error: error.oauth, message }
        : { ...failureOf[error.kind], message };
    }
    if (error instanceof HttpException && error.getStatus() < 500) {
      return { status: error.getStatus(), error: 'invalid_request', message: error.message };
    }
    const message = `Internal error, reference ${randomUUID()}`;
    this.logger.error(message, error instanceof Error ? error.stack : String(error));
    return { status: 500, error: 'server_error', message };
  }
}

/** RFC 6749 wants 400; an assertion in the Authorization header is refused as every credential there is, with 401. */
function statusOf(error: OAuthError, { headers }: Request): number {
  return error.oauth === 'invalid_grant' && headers.authorization !== undefined ? 401 : 400;
}
