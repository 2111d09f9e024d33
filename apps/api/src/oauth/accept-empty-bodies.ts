import { tokenPath } from '@app/auth';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';

/** Accepts empty bodies of any type, which Fastify would refuse: an assertion in the header needs no body. */
export function acceptEmptyBodies(app: NestFastifyApplication): void {
  const fastify = app.getHttpAdapter().getInstance();
  fastify.addHook('onRequest', ({ headers, url }, _reply, done) => {
    // RFC 9112 §6.3: a request without either header has no body.
    const length = headers['content-length'] ?? headers['transfer-encoding'] ?? '0';
    if (url.startsWith(tokenPath) && length === '0') delete headers['content-type'];
    done();
  });
}
