import { UnsupportedMediaTypeException } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { isStreamed } from '../http/streamed-body';

export const csvType = 'text/csv';
export const ndjsonType = 'application/x-ndjson';

/** Leaves the bodies of marked routes in the socket. All other routes refuse these types, as they refuse any other. */
export function acceptUploads(app: NestFastifyApplication): void {
  const fastify = app.getHttpAdapter().getInstance();
  fastify.addContentTypeParser([csvType, ndjsonType], (request, payload, done) => {
    if (isStreamed(request.routeOptions.config)) done(null, payload);
    else done(new UnsupportedMediaTypeException());
  });
}
