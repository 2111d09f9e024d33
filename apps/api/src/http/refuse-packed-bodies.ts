import { UnsupportedMediaTypeException } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { contentCodings } from './content-codings';
import { isStreamed } from './streamed-body';

/** Refuses packed bodies except uploads: of any other body the parser would say that it is no JSON. */
export function refusePackedBodies(app: NestFastifyApplication): void {
  const fastify = app.getHttpAdapter().getInstance();
  fastify.addHook('preParsing', (request, _reply, payload, done) => {
    const [coding] = contentCodings(request.headers['content-encoding']);
    if (coding === undefined || isStreamed(request.routeOptions.config)) done(null, payload);
    else done(new UnsupportedMediaTypeException('Only uploads may have a Content-Encoding'));
  });
}
