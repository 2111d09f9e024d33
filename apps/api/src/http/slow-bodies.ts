import type { IncomingMessage } from 'node:http';
import { RequestTimeoutException } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { BodyLimits } from './body-limits';
import { isStreamed } from './streamed-body';

/**
 * Answers 408 (RFC 9110 §15.5.9) to a request whose body does not come in time, and closes its connection: Fastify itself
 * waits for ever, and keeps what has come. Uploads have limits of their own. Whoever was answered before his body was
 * there may send the rest for a while, and then is cut off too.
 */
export function refuseSlowBodies(app: NestFastifyApplication): void {
  const limits = app.get(BodyLimits, { strict: false });
  const fastify = app.getHttpAdapter().getInstance();

  fastify.addHook('preParsing', (request, reply, payload, done) => {
    done(null, payload);
    const { raw } = request;
    if (!awaitsBody(raw) || isStreamed(request.routeOptions.config)) return;
    const timer = setTimeout(() => {
      // Whoever refused it before reads no more of it.
      if (payload.listenerCount('error') === 0) return;
      void reply.header('connection', 'close');
      const fault = new RequestTimeoutException('The body of the request did not come in time');
      payload.emit('error', Object.assign(fault, { statusCode: fault.getStatus() }));
    }, limits.timeoutMs);
    const clear = () => {
      clearTimeout(timer);
    };
    payload.once('end', clear);
    reply.raw.once('close', clear);
  });

  fastify.addHook('onResponse', ({ raw }, _reply, done) => {
    if (awaitsBody(raw)) cutOffAfter(raw, limits.discardMs);
    done();
  });
}

/** Tells whether a body was announced (RFC 9112 §6.3) that is not all there. */
function awaitsBody({ headers, complete }: IncomingMessage): boolean {
  const isAnnounced = headers['transfer-encoding'] ?? headers['content-length'];
  return isAnnounced !== undefined && !complete;
}

function cutOffAfter(request: IncomingMessage, timeoutMs: number): void {
  const { socket } = request;
  if (socket.destroyed) return;
  const cut = () => request.destroy(); // with its socket, for it is not complete
  const timer = setTimeout(cut, timeoutMs).unref();
  const clear = () => {
    clearTimeout(timer);
    socket.off('close', clear);
  };
  request.once('end', clear);
  socket.once('close', clear);
}
