import { tokenPath } from '@app/auth';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';

/** An assertion in the header needs no body; whatever type an empty one is said to have, Fastify would refuse it. */
export function acceptEmptyBodies(app: NestFastifyApplication): void {
  const fastify = app.getHttpAdapter().getInstance();
  fastify.addHook('onRequest', ({ headers, url }, _reply, done) => {
    // RFC 9112 §6.3: a request without either header has no body.
    const length = headers['content-length'] ?? headers['transfer-encoding'] ?? '0';
    if (url.startsWith(tokenPath) && length === '0') delete headers['content-type'];
    done();
  });
}
