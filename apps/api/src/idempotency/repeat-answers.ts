import { UnitOfWork, UnitsOfWork } from '@app/core';
import {
  type Answer,
  type Claim,
  Idempotency,
  idempotencyHeader,
  idempotentRequest,
} from '@app/idempotency';
import {
  type CallHandler,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { type Observable, of } from 'rxjs';
import type { WithActor } from '../access/current-actor';
import type { MaybeFailed } from '../http/error.filter';
import { ignoresKeyMetadata } from './ignores-key';
import { isPassing } from './passing';

interface Request extends WithActor {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: unknown;
}

interface Reply {
  code(status: number): Reply;
  header(name: string, value: string): Reply;
}

const mutating = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);

const isKeyed = ({ headers, method }: Pick<Request, 'headers' | 'method'>) =>
  headers[idempotencyHeader] !== undefined && mutating.has(method);

/** The claims of requests that are carried out under a key, until they are answered. */
const claims = new WeakMap<object, Claim>();

/**
 * Repeats the first answer to whoever repeats a request with the same Idempotency-Key, once the guards know him and
 * have let him in. It is around all routes that do not say otherwise; GraphQL looks at its operations, see
 * `repeatMutations`.
 */
@Injectable()
export class RepeatInterceptor implements NestInterceptor {
  constructor(
    private readonly idempotency: Idempotency,
    private readonly reflector: Reflector,
  ) {}

  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    if (context.getType() !== 'http') return next.handle();
    const http = context.switchToHttp();
    const request = http.getRequest<Request>();
    if (!isKeyed(request) || this.ignoresKey(context)) return next.handle();
    const { method, url, headers, body, actor } = request;
    const content = Buffer.isBuffer(body) ? body : JSON.stringify(body ?? null);
    const repeatable = idempotentRequest(actor, headers[idempotencyHeader], [method, url, content]);
    if (repeatable === undefined) return next.handle();
    const claimed = await this.idempotency.claim(repeatable);
    if ('first' in claimed) return of(repeat(http.getResponse<Reply>(), claimed.first));
    claims.set(request, claimed.claim);
    return next.handle();
  }

  private ignoresKey(context: ExecutionContext): boolean {
    const places = [context.getHandler(), context.getClass()];
    return this.reflector.getAllAndOverride<true | undefined>(ignoresKeyMetadata, places) === true;
  }
}

/** Stores the answer with what was done under a key, right before the answer is sent. */
export function keepAnswers(app: NestFastifyApplication): void {
  const idempotency = app.get(Idempotency, { strict: false });
  const units = app.get(UnitsOfWork, { strict: false });
  const server = app.getHttpAdapter().getInstance();

  // All that follows is called from here, GraphQL as well.
  server.addHook('preHandler', (request, _, done) => {
    if (isKeyed(request)) units.scope(done);
    else done();
  });

  server.addHook('onSend', async (request, reply, payload: unknown) => {
    const claim = claims.get(request);
    const { failure } = request as MaybeFailed;
    claims.delete(request);
    if (claim === undefined) {
      // Apollo answers a fault of its own without asking its plugins.
      await UnitOfWork.current()?.rollback();
    } else if (failure !== undefined && isPassing(failure)) await idempotency.release(claim);
    else await idempotency.keep(claim, answerOf(reply, payload)); // or answers that it failed
  });
}

interface Replying {
  readonly statusCode: number;
  getHeader(name: string): number | string | string[] | undefined;
}

function answerOf(reply: Replying, payload: unknown): Answer {
  const body = Buffer.isBuffer(payload) || typeof payload === 'string' ? String(payload) : '';
  const contentType = String(reply.getHeader('content-type') ?? '');
  return { status: reply.statusCode, contentType, body };
}

/** @returns the body as bytes, to whose content type Fastify adds no charset */
function repeat(reply: Reply, { status, contentType, body }: Answer): Buffer {
  reply.code(status).header('idempotent-replayed', 'true');
  if (contentType !== '') reply.header('content-type', contentType);
  return Buffer.from(body);
}
