import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { playgroundPolicy } from './playground-page';

const headers = {
  'content-security-policy': playgroundPolicy,
  'cache-control': 'no-cache',
  vary: 'accept',
};

/** Adds our headers to the page, which Apollo sends without them. */
export function guardPlayground(app: NestFastifyApplication): void {
  const fastify = app.getHttpAdapter().getInstance();
  fastify.addHook('onSend', (request, reply, _payload, done) => {
    const isPage = String(reply.getHeader('content-type')).startsWith('text/html');
    if (isPage && /^\/graphql\/?(\?|$)/.test(request.url)) reply.headers(headers);
    done();
  });
}
