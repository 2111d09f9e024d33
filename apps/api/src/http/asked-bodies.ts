import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';

/**
 * Asks for the body of whoever waits to be asked (`Expect: 100-continue`, RFC 9110 §10.1.1) only when nothing in the head
 * speaks against it; Node itself asks at once. One that is refused before may send the body or not, so that nobody knows
 * what comes next on its connection, which ends.
 */
export function askForBodies(app: NestFastifyApplication): void {
  const server: Server = app.getHttpServer();
  const waiting = new WeakSet<IncomingMessage>();
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    waiting.add(request);
    server.emit('request', request, response);
  });
  const fastify = app.getHttpAdapter().getInstance();
  fastify.addHook('preParsing', (request, reply, payload, done) => {
    if (waiting.delete(request.raw)) reply.raw.writeContinue();
    done(null, payload);
  });
  fastify.addHook('onSend', (request, reply, _payload, done) => {
    if (waiting.has(request.raw)) void reply.header('connection', 'close');
    done();
  });
}
