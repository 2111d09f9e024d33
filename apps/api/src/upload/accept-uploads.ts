import { UnsupportedMediaTypeException } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';

/** Marks the Fastify routes that read the body themselves while it comes. */
export const streamedBody = { streamedBody: true };

/** @param config a route's */
export const isStreamed = (config: object): boolean => 'streamedBody' in config;

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
