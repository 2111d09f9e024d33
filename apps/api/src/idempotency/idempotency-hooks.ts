import { createHash } from 'node:crypto';
import { DomainError } from '@app/core';
import { Logger } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Authenticator } from '../access/authenticator';
import { type Answer, Idempotency, type IdempotentRequest } from './idempotency';
import { InvalidIdempotencyKeyError } from './idempotency.errors';

const mutating = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);

/** Answers that say that nothing was done, and that may differ the next time. */
const isTransient = (status: number) => status >= 500 || [401, 409, 429].includes(status);

/**
 * Repeats the first answer to whoever repeats a request with the same Idempotency-Key. Around every route, so that no
 * route can forget it.
 */
export function repeatAnswers(app: NestFastifyApplication): void {
  const idempotency = app.get(Idempotency);
  const authenticator = app.get(Authenticator, { strict: false });
  const logger = new Logger(Idempotency.name);
  const running = new WeakMap<object, IdempotentRequest>();
  const server = app.getHttpAdapter().getInstance();

  server.addHook('preHandler', async (request, reply) => {
    const key = request.headers['idempotency-key'];
    if (key === undefined || !mutating.has(request.method)) return undefined;
    if (typeof key !== 'string' || !/^[\x20-\x7e]{1,255}$/.test(key)) {
      throw new InvalidIdempotencyKeyError();
    }
    const { actor, refusal } = await authenticator.callerOf(request);
    if (refusal !== undefined) return undefined; // it will be refused, not carried out
    const caller =
      actor.kind === 'anonymous' ? `anonymous:${request.ip}` : `${actor.kind}:${actor.id}`;
    const claim = { caller, key, fingerprint: fingerprintOf(request) };
    const first = await idempotency.claim(claim);
    if (first === undefined) running.set(request, claim);
    else return repeat(reply, first);
    return undefined;
  });

  server.addHook('onSend', async (request, reply, payload: unknown) => {
    const claim = running.get(request);
    if (claim === undefined) return;
    running.delete(request);
    try {
      if (isTransient(reply.statusCode)) await idempotency.release(claim);
      else await idempotency.keep(claim, answerOf(reply, payload));
    } catch (error) {
      // The work is done and must be answered; a repeat is told that the first is running until it is abandoned.
      logger.error(`The answer to a repeatable request was not kept: ${String(error)}`);
    }
  });
}

interface Replying {
  readonly statusCode: number;
  getHeader(name: string): number | string | string[] | undefined;
}

function answerOf(reply: Replying, payload: unknown): Answer {
  const body = Buffer.isBuffer(payload)
    ? payload.toString()
    : typeof payload === 'string'
      ? payload
      : '';
  return {
    status: reply.statusCode,
    contentType: String(reply.getHeader('content-type') ?? ''),
    body,
  };
}

function repeat<
  Reply extends {
    code(n: number): Reply;
    header(n: string, v: string): Reply;
    send(b: string): Reply;
  },
>(reply: Reply, { status, contentType, body }: Answer): Reply {
  reply.code(status).header('idempotent-replayed', 'true');
  if (contentType !== '') reply.header('content-type', contentType);
  return reply.send(body);
}

function fingerprintOf({
  method,
  url,
  body,
}: {
  method: string;
  url: string;
  body: unknown;
}): string {
  const text = Buffer.isBuffer(body) ? body : JSON.stringify(body ?? null);
  return createHash('sha256').update(`${method} ${url}\0`).update(text).digest('hex');
}

/** What the hooks throw is a refusal like any other. */
export const isIdempotencyRefusal = (error: unknown): error is DomainError =>
  error instanceof DomainError && error.code.includes('IDEMPOTEN');
