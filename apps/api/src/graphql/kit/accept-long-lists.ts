import type { NestFastifyApplication } from '@nestjs/platform-fastify';

/** The most bytes of a body: 10 000 devices with a token of FCM, a user id and the names of all that take some 2.7 MB. */
const bodyLimit = 4 * 1024 ** 2;

/** Lets GraphQL have longer bodies than all other routes, for the lists that its mutations take. */
export function acceptLongLists(app: NestFastifyApplication): void {
  const fastify = app.getHttpAdapter().getInstance();
  fastify.addHook('onRoute', (route) => {
    if (route.url === '/graphql') route.bodyLimit = bodyLimit;
  });
}
