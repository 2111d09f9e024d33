import { tokenPath } from '@app/auth';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';

/** An assertion in the header needs no body; whatever type an empty one is said to have, Fastify would refuse it. */
export function acceptEmptyBodies(app: NestFastifyApplication): void {
  const fastify = app.getHttpAdapter().getInstance();
  fastify.addHook('onRequest', ({ headers, url }, _reply, done) => {
    if (url.startsWith(tokenPath) && headers['content-length'] === '0') {
      delete headers['content-type'];
    }
    done();
  });
}
