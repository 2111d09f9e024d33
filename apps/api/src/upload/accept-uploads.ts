import { UnsupportedMediaTypeException } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { isStreamed } from '../http/streamed-body';

export const csvType = 'text/csv';
export const ndjsonType = 'application/x-ndjson';

/** The answer to other types. */
export const wanted = `${csvType} or ${ndjsonType} in UTF-8 is wanted`;

/**
 * Leaves the bodies of marked routes in the socket, and refuses what is of another type before anything of it is read.
 * All other routes refuse these types, as they refuse any other.
 */
export function acceptUploads(app: NestFastifyApplication): void {
  const fastify = app.getHttpAdapter().getInstance();
  fastify.addHook('preParsing', (request, _reply, payload, done) => {
    const isParsed = /^application\/(json|x-www-form-urlencoded)\b/i;
    const wrong = isParsed.test((request.headers['content-type'] ?? '').trim());
    if (wrong && isStreamed(request.routeOptions.config))
      done(new UnsupportedMediaTypeException(wanted));
    else done(null, payload);
  });
  fastify.addContentTypeParser([csvType, ndjsonType], (request, payload, done) => {
    if (isStreamed(request.routeOptions.config)) done(null, payload);
    else done(new UnsupportedMediaTypeException());
  });
}
