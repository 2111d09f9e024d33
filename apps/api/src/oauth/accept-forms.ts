import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { tokenPath } from '@app/auth';

/** Lets requests bring forms, and assertions come in a header above an empty body, whatever is said of its type. */
export function acceptForms(app: NestFastifyApplication): void {
  const fastify = app.getHttpAdapter().getInstance();
  fastify.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string' },
    (_request, body, done) => {
      done(null, new URLSearchParams(body.toString()));
    },
  );
  fastify.addHook('onRequest', (request, _reply, done) => {
    const { headers, url } = request;
    if (url.startsWith(tokenPath) && headers['content-length'] === '0') {
      delete headers['content-type'];
    }
    done();
  });
}
