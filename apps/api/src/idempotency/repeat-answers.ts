import { Config, UnitOfWork, UnitsOfWork } from '@app/core';
import {
  type Answer,
  type Claim,
  Idempotency,
  idempotencyHeader,
  idempotentRequest,
} from '@app/idempotency';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Authenticator } from '../access/authenticator';
import { comapiFailures } from '../comapi/comapi-failures';
import { graphqlFailures } from '../graphql/policy/graphql-failures';
import { oauthFailures } from '../oauth/oauth-failures';
import type { MaybeFailed } from '../http/error.filter';
import { isLenientJson } from '../http/lenient-json';
import { anybody } from '../powerauth/powerauth.guard';
import { accountTokenFailures } from '../paymentsgate/account-token-failures';
import { isPassing } from './passing';

const mutating = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);

/**
 * Whose routes have no keys: who asks for a token wants a new one, and what Comapi's routes do may be done twice
 * anyway. GraphQL looks at its operations, see `repeatMutations`.
 */
const edgesWithoutKeys = (config: Config) => [
  graphqlFailures,
  oauthFailures,
  accountTokenFailures(config),
  comapiFailures,
];

/**
 * Repeats the first answer to whoever repeats a request with the same Idempotency-Key. Around all routes, so that none
 * can forget it: what one does is stored with its answer, right before that is sent.
 */
export function repeatAnswers(app: NestFastifyApplication): void {
  const idempotency = app.get(Idempotency, { strict: false });
  const units = app.get(UnitsOfWork, { strict: false });
  const authenticator = app.get(Authenticator, { strict: false });
  const config = app.get(Config);
  const { powerAuthCompat } = config;
  const excluded = edgesWithoutKeys(config);
  const claims = new WeakMap<object, Claim>();
  const server = app.getHttpAdapter().getInstance();

  // All that follows is called from here, GraphQL as well.
  server.addHook('preHandler', ({ headers, method }, _, done) => {
    if (headers[idempotencyHeader] === undefined || !mutating.has(method)) done();
    else units.scope(done);
  });

  server.addHook('preHandler', async (request, reply) => {
    const { method, url, body, headers, routeOptions } = request;
    const key = headers[idempotencyHeader];
    if (key === undefined || !mutating.has(method)) return undefined;
    if (excluded.some((area) => area.owns(url)) || isStream(body)) return undefined;
    const isOpen = powerAuthCompat === 'open' && isLenientJson(routeOptions.config);
    const { actor, refusal } = isOpen
      ? { actor: anybody(request.ip), refusal: undefined }
      : await authenticator.callerOf(request);
    if (refusal !== undefined) return undefined; // it will be refused, not carried out
    const content = Buffer.isBuffer(body) ? body : JSON.stringify(body ?? null);
    const repeatable = idempotentRequest(actor, key, [method, url, content]);
    if (repeatable === undefined) return undefined;
    const claimed = await idempotency.claim(repeatable);
    if ('first' in claimed) return repeat(reply, claimed.first);
    claims.set(request, claimed.claim);
    return undefined;
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

/** Uploads are read while they are carried out; what they hold may come twice. */
const isStream = (body: unknown) => typeof body === 'object' && body !== null && 'pipe' in body;

interface Replying {
  readonly statusCode: number;
  getHeader(name: string): number | string | string[] | undefined;
}

function answerOf(reply: Replying, payload: unknown): Answer {
  const body = Buffer.isBuffer(payload) || typeof payload === 'string' ? String(payload) : '';
  const contentType = String(reply.getHeader('content-type') ?? '');
  return { status: reply.statusCode, contentType, body };
}

interface Reply {
  code(status: number): Reply;
  header(name: string, value: string): Reply;
  send(body: Buffer): Reply;
}

/** As bytes, to whose content type Fastify adds no charset. */
function repeat(reply: Reply, { status, contentType, body }: Answer): Reply {
  reply.code(status).header('idempotent-replayed', 'true');
  if (contentType !== '') reply.header('content-type', contentType);
  return reply.send(Buffer.from(body));
}
