import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { isComapiUrl } from './comapi-url';

/**
 * Lets a web app call Comapi's routes from wherever it was loaded: its tokens are in a header, and there are no cookies
 * that a foreign page could use.
 */
const anyPage = {
  origin: '*',
  methods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
  allowedHeaders: [
    'authorization',
    'cache-control',
    'content-type',
    'if-match',
    'if-modified-since',
    'pragma',
  ],
  exposedHeaders: ['ETag'],
  maxAge: 600,
};

const ownPagesOnly = { origin: false };

/** Opens Comapi's routes to its SDK for JavaScript, which runs in browsers. All others stay closed to foreign pages. */
export function allowComapiFromPages(app: NestFastifyApplication): void {
  app.enableCors({
    delegator: (
      { url }: { readonly url?: string },
      done: (error: null, options: typeof anyPage | typeof ownPagesOnly) => void,
    ) => {
      done(null, isComapiUrl(url ?? '') ? anyPage : ownPagesOnly);
    },
  });
}
