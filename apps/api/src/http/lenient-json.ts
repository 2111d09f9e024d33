import type { Server } from 'node:http';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';

/** Marks the Fastify routes whose JSON is left to `readJson`. */
export const lenientJson = { lenientJson: true };

const isLenientJson = (routeConfig: object) => 'lenientJson' in routeConfig;

/** Leaves the JSON of marked routes as it came. Fastify reads that of all others, strictly. */
export function acceptLenientJson(app: NestFastifyApplication): void {
  const strictJson = app.getHttpAdapter().getInstance().getDefaultJsonParser('error', 'error');
  app.useBodyParser<Server>('application/json', {}, (request, body, done) => {
    if (isLenientJson(request.routeOptions.config)) done(null, body);
    else void strictJson(request, body.toString(), done);
  });
}
